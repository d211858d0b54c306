{%- set columns = [
    'danceability',
    'energy',
    'key',
    'loudness',
    'mode',
    'speechiness',
    'acousticness',
    'instrumentalness',
    'liveness',
    'valence',
    'tempo',
    'duration_ms',
    'time_signature',
] -%}

{{ believed_values(ref('stg_audio_features__by_source'), id='track_id', columns=columns) }}
