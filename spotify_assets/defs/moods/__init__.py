"""The moods of tracks: an analysis on Spark as an asset of the graph."""
