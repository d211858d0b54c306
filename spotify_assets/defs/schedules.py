"""What runs without anybody asking: the jobs, and when."""

import dagster as dg

from spotify_assets.defs.ingestion.observations import RAW_ASSETS
from spotify_assets.defs.marts.models import CHAT_MODELS, MOOD_MODELS

# Spark has a job of its own: not everybody has it, and moods change slowly.
spark = dg.AssetSelection.assets("track_moods")

# What people ask for is counted by itself; whom they ask for together is worked out by the build.
chat = dg.AssetSelection.assets("raw_chat_events", *CHAT_MODELS)

build = dg.define_asset_job(
    "build",
    selection=dg.AssetSelection.all() - spark,
    description="Everything once: observe the roster, fit the model, build the marts, publish.",
)

moods = dg.define_asset_job(
    "moods",
    selection=spark | dg.AssetSelection.assets(*MOOD_MODELS, "serving_documents"),
    description="Sort all tracks into moods on Spark, and let the bot know.",
)

chat_events = dg.define_asset_job(
    "chat_events",
    selection=chat,
    description="Read what the bot told of its conversations, and count what people ask for.",
)

raw_checks = dg.AssetSelection.checks_for_assets(*(asset.name for asset in RAW_ASSETS))

# Somebody waits for a refresh. dbt runs every test, a failing one stops it, and what came of each is told
# (`dbt_run.py`): 67 events, a fiftieth of the refresh's CPU. That each is planned, and hands its outcome to
# nobody, would be two more events each and three times as much.
refresh = dg.define_asset_job(
    "refresh",
    selection=(
        dg.AssetSelection.all()
        - dg.AssetSelection.assets(
            "artist_roster",
            "artist_companions",
            "similarity_model",
            "similarity_evaluation",
            "mart_snapshot",
            *MOOD_MODELS,
        )
        - spark
        - chat
        - (dg.AssetSelection.all_asset_checks() - raw_checks)
    ),
    description="Only the artists people asked for: observe them, update the marts they touch, publish.",
)

refit = dg.define_asset_job(
    "refit",
    selection=dg.AssetSelection.assets("similarity_model").downstream(),
    description="Fit the similarity model on what is there, make every list anew, publish. Asks no source.",
)

daily_build = dg.ScheduleDefinition(
    job=build,
    cron_schedule="30 4 * * *",
    execution_timezone="Asia/Seoul",
    default_status=dg.DefaultScheduleStatus.STOPPED,
    description="Observe the whole roster and rebuild, every night. Switch it on in the UI.",
)

weekly_moods = dg.ScheduleDefinition(
    job=moods,
    cron_schedule="0 6 * * 1",
    execution_timezone="Asia/Seoul",
    default_status=dg.DefaultScheduleStatus.STOPPED,
    description="Sort the tracks into moods, every week. Switch it on in the UI.",
)

hourly_chat_events = dg.ScheduleDefinition(
    job=chat_events,
    cron_schedule="10 * * * *",
    execution_timezone="Asia/Seoul",
    default_status=dg.DefaultScheduleStatus.STOPPED,
    description="Read the stream of chat events every hour. Switch it on in the UI.",
)
