"""What runs without anybody asking: the jobs, and when."""

import dagster as dg

build = dg.define_asset_job(
    "build",
    selection=dg.AssetSelection.all(),
    description="Everything once: observe the roster, fit the model, build the marts, publish.",
)

refresh = dg.define_asset_job(
    "refresh",
    selection=dg.AssetSelection.all()
    - dg.AssetSelection.assets("artist_roster", "similarity_model", "mart_snapshot"),
    description="Only the artists people asked for: observe them, update the marts they touch, publish.",
)

daily_build = dg.ScheduleDefinition(
    job=build,
    cron_schedule="30 4 * * *",
    execution_timezone="Asia/Seoul",
    default_status=dg.DefaultScheduleStatus.STOPPED,
    description="Observe the whole roster and rebuild, every night. Switch it on in the UI.",
)
