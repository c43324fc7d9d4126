"""test_bulk_kills.py - `kill -9` at random instants with the bulk engine: the ids are made
anew from what the checkpoint holds, so that nothing is there twice.
"""
import harness
from test_kills import Kills


class BulkKills(Kills):
    engine = "bulk"
    hits_least = 0.5  # one moment is enough for hundreds of rows

    def test_killed_at_random(self):
        self.kill_and_resume(*harness.Setup.scaled((5000, 100), (2000, 30)))


del Kills

if __name__ == "__main__":
    harness.main()
