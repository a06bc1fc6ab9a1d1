"""The template database: built once per run, by the migrations that production runs."""

from tests.postgres import TEMPLATE, Cluster


def build_template(cluster: Cluster) -> None:
    cluster.create(TEMPLATE)
