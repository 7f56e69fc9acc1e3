"""Prometheus' configuration, alerts and Grafana's dashboards of a desk."""
