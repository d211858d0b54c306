"""What runs on Spark, run for real where there is Java; all of it on one JVM."""
