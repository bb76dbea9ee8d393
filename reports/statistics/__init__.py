"""The statistics of the API: figures of any period by what the counts hold."""
