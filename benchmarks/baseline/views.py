"""The baseline's view: it receives a report, inserts its row and responds."""

from rest_framework import serializers
from rest_framework.response import Response
from rest_framework.views import APIView

from benchmarks.baseline.rows import insert_report


class ReportSerializer(serializers.Serializer):
    id = serializers.CharField(max_length=200)
    resultCode = serializers.IntegerField()
    refId = serializers.CharField(max_length=256, allow_null=True, allow_blank=True, required=False)
    operator = serializers.CharField(max_length=100, allow_null=True, required=False)
    sentTimestamp = serializers.DateTimeField(required=False)
    timestamp = serializers.DateTimeField(required=False)
    segments = serializers.IntegerField(required=False)
    gateCustomParameters = serializers.DictField(required=False)
    customParameters = serializers.DictField(required=False)


class ReportView(APIView):
    def post(self, request) -> Response:
        serializer = ReportSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        insert_report(serializer.validated_data, raw=request.data)
        return Response({"received": 1})
