"""An Athena that executes: what belongs here is the double of the service and nothing of the project.

S3, Glue and STS are moto's; statements are parsed as Athena's dialect, refused where Athena refuses them and
run on DuckDB over the objects in S3, Iceberg tables through pyiceberg. README.md says what it cannot judge.
"""
