"""What runs on Spark: its driver starts these programs, on this machine or on a cluster.

They read and write the lake through Spark alone and know nothing of the platform but `core/moods.py`: a
cluster has these files, numpy, dagster-pipes and Spark, and nothing else. Not here: launching them
(`defs/moods`).
"""
