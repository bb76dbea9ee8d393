"""/api/v1/campaigns/<id>/merge/: a campaign shown as part of another one, or by itself again."""

from rest_framework.request import Request
from rest_framework.response import Response

from campaigns.merging import MergeError, merge, separate
from portal.api.bodies import checked
from portal.api.operations import CAMPAIGNS, Operation
from portal.api.problems import BadField, Conflict
from portal.api.views import ApiView
from reports.campaigns.api import CAMPAIGN_PATH, campaigns_of, own_campaign, shown
from reports.campaigns.examples import CAMPAIGN
from reports.campaigns.serializers import CampaignAnswer, MergeBody


class MergeView(ApiView):
    """Merge of a campaign into another one."""

    http_method_names = ["post", "delete"]
    operations = {
        "POST": Operation(
            id="merge_campaign",
            tag="Campaigns",
            summary="Merge a campaign into another one",
            text=(
                "Show a campaign as part of another one of the same tenant, or of the one that this is merged into: its"
                " figures count there, on every day. A campaign that others are merged into, and one that is merged"
                " there already, is a conflict."
            ),
            scope=CAMPAIGNS,
            path=CAMPAIGN_PATH,
            body=MergeBody,
            body_example={"into": 9},
            answer=CampaignAnswer,
            answer_text="The campaign as it is now.",
            answer_example=CAMPAIGN | {"merged_into": 9},
            problems=("conflict",),
        ),
        "DELETE": Operation(
            id="separate_campaign",
            tag="Campaigns",
            summary="Undo a merge",
            text="Show a merged campaign by itself again. One that is not merged stays as it is.",
            scope=CAMPAIGNS,
            path=CAMPAIGN_PATH,
            answer=CampaignAnswer,
            answer_text="The campaign as it is now.",
            answer_example=CAMPAIGN,
        ),
    }

    def post(self, request: Request, campaign_id: int) -> Response:
        campaign = own_campaign(self.access, campaign_id)
        into = checked(MergeBody, request.data)["into"]
        target = campaigns_of(self.access).filter(id=into, tenant_id=campaign.tenant_id).first()
        if target is None:
            raise BadField("into", "the `id` of a campaign of the same tenant")
        try:
            merge(campaign=campaign, into=target, actor=str(self.access.key))
        except MergeError as error:
            raise Conflict(str(error)) from error
        (answer,) = shown([own_campaign(self.access, campaign_id)], self.access)
        return self.answer(answer)

    def delete(self, request: Request, campaign_id: int) -> Response:
        separate(campaign=own_campaign(self.access, campaign_id), actor=str(self.access.key))
        (answer,) = shown([own_campaign(self.access, campaign_id)], self.access)
        return self.answer(answer)
