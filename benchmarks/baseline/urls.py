"""The baseline's one route."""

from django.urls import path

from benchmarks.baseline.views import ReportView

urlpatterns = [path("dlr/", ReportView.as_view())]
