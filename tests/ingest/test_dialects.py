"""The dialects by the suite that all of them pass."""

import orjson

from tests.ingest.dialect_suite import NUMBER, T0, DialectSuite, text_of


class TestLink(DialectSuite):
    dialect = "link"
    queued, sent, delivered, failed, unknown = 1005, 1000, 1001, 1006, 9999
    code_of: dict = {}
    time_path, id_path = ("timestamp",), ("id",)

    def report(self, message_id, word, *, at=T0, number=NUMBER, ref_id=None, operator=None):
        return {
            "id": message_id,
            "resultCode": word,
            "timestamp": text_of(at) if at else None,
            "refId": ref_id,
            "operator": operator,
            "customParameters": {"destination": number},
        }


class TestMyLinkSms(DialectSuite):
    dialect = "mylink_sms"
    queued, sent, delivered, failed, retried, unknown = 1000, 1001, 2000, 4007, 5000, 9999
    code_of: dict = {}
    time_path, id_path = ("provider", "timestamp"), ("status", "messageId")

    def report(self, message_id, word, *, at=T0, number=NUMBER, ref_id=None, operator=None):
        return {
            "eventId": "d6703cc8-9e79-415d-ac03-a4dc7f6ab43c",
            "channel": "sms",
            "recipient": number,
            "timeStamp": text_of(at) if at else None,
            "status": {
                "messageId": message_id,
                "code": word,
                "referenceId": ref_id,
                "segments": 1,
                "type": "delivered",
            },
            "provider": {"timestamp": text_of(at) if at else None, "operator": operator, "code": "0"},
        }


class TestMyLinkMultichannel(DialectSuite):
    dialect = "mylink_multichannel"
    queued, sent, delivered, retried = "QUEUED", "SENT", "DELIVERED", "DELIVERY_RETRIED"
    failed, unknown = "DELIVERY_FAILED", "TELEPORTED"
    code_of = {
        "QUEUED": 1000, "SENT": 1001, "DELIVERED": 2000, "DELIVERY_RETRIED": 5000, "DELIVERY_FAILED": 4999,
        "TELEPORTED": 9000,
    }  # fmt: skip
    time_path, id_path = ("on",), ("messageStatusChanged", "messageId")

    def report(self, message_id, word, *, at=T0, number=NUMBER, ref_id=None, operator=None):
        return {
            "eventId": "d6703cc8-9e79-415d-ac03-a4dc7f6ab43c",
            "on": text_of(at) if at else None,
            "accountId": "a1",
            "messageStatusChanged": {
                "messageId": message_id,
                "channelId": "sms",
                "channelOperatorId": operator,
                "userId": number.removeprefix("+") if number[1:].isdigit() else number,
                "status": word,
                "channelData": {"sms.segmentCount": 1},
                "context": {"referenceId": ref_id} if ref_id else {},
            },
        }

    def body(self, *reports):
        return orjson.dumps({"events": list(reports)})
