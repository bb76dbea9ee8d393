"""Sentences of a verdict on an A/B test by what is compared, with places for its figures."""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy, ngettext_lazy

from reports.campaigns.ab_figures import Metric

Kind = tuple[Metric, bool]  # the metric, and whether late reports or events are expected

WINNER: dict[Kind, Promise] = {
    (Metric.DELIVERED, False): ngettext_lazy(
        "{best} reached {rate} of its recipients, {low} to {high} points more than {other}; with {n} message that is"
        " no accident.",
        "{best} reached {rate} of its recipients, {low} to {high} points more than {other}; with {n} messages that is"
        " no accident.",
        "count",
    ),
    (Metric.WITHIN, False): ngettext_lazy(
        "{best} reached {rate} of its recipients within {within}, {low} to {high} points more than {other}; with {n}"
        " message that is no accident.",
        "{best} reached {rate} of its recipients within {within}, {low} to {high} points more than {other}; with {n}"
        " messages that is no accident.",
        "count",
    ),
    (Metric.WITHIN, True): ngettext_lazy(
        "So far {best} reached {rate} of its recipients within {within}, {low} to {high} points more than {other};"
        " with {n} message that is no accident, however often you look.",
        "So far {best} reached {rate} of its recipients within {within}, {low} to {high} points more than {other};"
        " with {n} messages that is no accident, however often you look.",
        "count",
    ),
    (Metric.CONVERTED, False): ngettext_lazy(
        "{best} converted {rate} of the recipients that it addressed, {low} to {high} points more than {other}; with"
        " {n} recipient that is no accident.",
        "{best} converted {rate} of the recipients that it addressed, {low} to {high} points more than {other}; with"
        " {n} recipients that is no accident.",
        "count",
    ),
    (Metric.CONVERTED, True): ngettext_lazy(
        "So far {best} converted {rate} of its recipients within {window}, {low} to {high} points more than {other};"
        " with {n} recipient that is no accident, however often you look.",
        "So far {best} converted {rate} of its recipients within {window}, {low} to {high} points more than {other};"
        " with {n} recipients that is no accident, however often you look.",
        "count",
    ),
    (Metric.REVENUE, False): ngettext_lazy(
        "{best} brought {rate} for each recipient addressed, {low} to {high} more than {other}; with {n} recipient"
        " that is no accident.",
        "{best} brought {rate} for each recipient addressed, {low} to {high} more than {other}; with {n} recipients"
        " that is no accident.",
        "count",
    ),
    (Metric.REVENUE, True): ngettext_lazy(
        "So far {best} brought {rate} for each recipient within {window}, {low} to {high} more than {other}; with {n}"
        " recipient that is no accident, however often you look.",
        "So far {best} brought {rate} for each recipient within {window}, {low} to {high} more than {other}; with {n}"
        " recipients that is no accident, however often you look.",
        "count",
    ),
}
OPEN: dict[Kind, Promise] = {
    (Metric.DELIVERED, False): ngettext_lazy(
        "No sure difference: {best} reached {rate} of its recipients and {other} {other_rate}, which may be chance"
        " with {n} message. The true difference is between {ends}.",
        "No sure difference: {best} reached {rate} of its recipients and {other} {other_rate}, which may be chance"
        " with {n} messages. The true difference is between {ends}.",
        "count",
    ),
    (Metric.WITHIN, False): ngettext_lazy(
        "No sure difference: within {within} {best} reached {rate} of its recipients and {other} {other_rate}, which"
        " may be chance with {n} message. The true difference is between {ends}.",
        "No sure difference: within {within} {best} reached {rate} of its recipients and {other} {other_rate}, which"
        " may be chance with {n} messages. The true difference is between {ends}.",
        "count",
    ),
    (Metric.WITHIN, True): ngettext_lazy(
        "No sure difference yet: within {within} {best} reached {rate} of its recipients and {other} {other_rate}. With"
        " {n} message so far, the true difference is between {ends}.",
        "No sure difference yet: within {within} {best} reached {rate} of its recipients and {other} {other_rate}. With"
        " {n} messages so far, the true difference is between {ends}.",
        "count",
    ),
    (Metric.CONVERTED, False): ngettext_lazy(
        "No sure difference in conversions: {best} converted {rate} of the recipients that it addressed and {other}"
        " {other_rate}, which may be chance with {n} recipient. The true difference is between {ends}.",
        "No sure difference in conversions: {best} converted {rate} of the recipients that it addressed and {other}"
        " {other_rate}, which may be chance with {n} recipients. The true difference is between {ends}.",
        "count",
    ),
    (Metric.CONVERTED, True): ngettext_lazy(
        "No sure difference in conversions yet: within {window} {best} converted {rate} of its recipients and {other}"
        " {other_rate}. With {n} recipient so far, the true difference is between {ends}.",
        "No sure difference in conversions yet: within {window} {best} converted {rate} of its recipients and {other}"
        " {other_rate}. With {n} recipients so far, the true difference is between {ends}.",
        "count",
    ),
    (Metric.REVENUE, False): ngettext_lazy(
        "No sure difference in revenue: {best} brought {rate} for each recipient addressed and {other} {other_rate},"
        " which may be chance with {n} recipient. The true difference is between {ends}.",
        "No sure difference in revenue: {best} brought {rate} for each recipient addressed and {other} {other_rate},"
        " which may be chance with {n} recipients. The true difference is between {ends}.",
        "count",
    ),
    (Metric.REVENUE, True): ngettext_lazy(
        "No sure difference in revenue yet: within {window} {best} brought {rate} for each recipient and {other}"
        " {other_rate}. With {n} recipient so far, the true difference is between {ends}.",
        "No sure difference in revenue yet: within {window} {best} brought {rate} for each recipient and {other}"
        " {other_rate}. With {n} recipients so far, the true difference is between {ends}.",
        "count",
    ),
}
REVERSED: dict[Metric, Promise] = {
    Metric.DELIVERED: gettext_lazy(
        "{best} reached more of its recipients than {other}, but only because they went to different countries or"
        " operators: among the same ones {best} reached {high} to {low} points less."
    ),
    Metric.CONVERTED: gettext_lazy(
        "{best} converted more of its recipients than {other}, but only because they went to different countries or"
        " operators: among the same ones {best} converted {high} to {low} points less."
    ),
    Metric.REVENUE: gettext_lazy(
        "{best} brought more for each recipient than {other}, but only because they went to different countries or"
        " operators: among the same ones {best} brought {high} to {low} less."
    ),
}
MIXED: dict[Metric, Promise] = {
    Metric.DELIVERED: gettext_lazy(
        "{best} reached more of its recipients than {other}, but they went to different countries or operators, which"
        " may be why: among the same ones the difference is between {low} points less and {high} points more."
    ),
    Metric.CONVERTED: gettext_lazy(
        "{best} converted more of its recipients than {other}, but they went to different countries or operators,"
        " which may be why: among the same ones the difference is between {low} points less and {high} points more."
    ),
    Metric.REVENUE: gettext_lazy(
        "{best} brought more for each recipient than {other}, but they went to different countries or operators, which"
        " may be why: among the same ones the difference is between {low} less and {high} more."
    ),
}
APART: dict[Metric, Promise] = {
    Metric.DELIVERED: gettext_lazy(
        "{best} reached more of its recipients than {other}, but they went to different countries or operators, which"
        " may be why: too few messages of both went to the same ones to compare them there."
    ),
    Metric.CONVERTED: gettext_lazy(
        "{best} converted more of its recipients than {other}, but they went to different countries or operators,"
        " which may be why: too few recipients of both are in the same ones to compare them there."
    ),
    Metric.REVENUE: gettext_lazy(
        "{best} brought more for each recipient than {other}, but they went to different countries or operators, which"
        " may be why: too few recipients of both are in the same ones to compare them there."
    ),
}
MIXED_SO_FAR: dict[Metric, Promise] = {
    Metric.DELIVERED: gettext_lazy(
        "So far {best} reached more of its recipients within {within} than {other}, but the variants go to different"
        " countries or operators, which may be why. Nothing is concluded while the test runs."
    ),
    Metric.CONVERTED: gettext_lazy(
        "So far {best} converted more of its recipients within {window} than {other}, but the variants go to different"
        " countries or operators, which may be why. Nothing is concluded while the test runs."
    ),
    Metric.REVENUE: gettext_lazy(
        "So far {best} brought more for each recipient within {window} than {other}, but the variants go to different"
        " countries or operators, which may be why. Nothing is concluded while the test runs."
    ),
}
BEHIND: dict[Metric, Promise] = {
    Metric.DELIVERED: gettext_lazy(
        "{best} reached the most of its recipients, {rate}. Surely less: {behind}. The difference from {near} may be"
        " chance."
    ),
    Metric.CONVERTED: gettext_lazy(
        "{best} converted the most of its recipients, {rate}. Surely less: {behind}. The difference from {near} may be"
        " chance."
    ),
    Metric.REVENUE: gettext_lazy(
        "{best} brought the most for each recipient, {rate}. Surely less: {behind}. The difference from {near} may be"
        " chance."
    ),
}
