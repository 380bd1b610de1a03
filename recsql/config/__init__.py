"""A project on disk, read and checked: dbt_project.yml, the yml beside models, vars."""
