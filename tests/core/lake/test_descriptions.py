"""Descriptions of services are read once for all sessions of a process."""

import subprocess
import sys

PROGRAM = """
import boto3, botocore.loaders
from spotify_assets.core.lake.descriptions import share_descriptions

read = []
load = botocore.loaders.JSONFileLoader.load_file
def note(self, path):
    read.append(path)
    return load(self, path)
botocore.loaders.JSONFileLoader.load_file = note
share_descriptions()
share_descriptions()

def clients():
    del read[:]
    session = boto3.session.Session(aws_access_key_id="a", aws_secret_access_key="b", region_name="us-east-1")
    return [session.client(name) for name in ("athena", "glue")], len(read)

first, reading = clients()
second, again = clients()
assert reading > 4, reading
assert again == 0, read
assert first[0] is not second[0]
"""


def test_a_second_session_reads_no_description_again() -> None:
    done = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
