"""Reads JUnit reports of several runs of one suite: every test must have passed in one of them, and failed in none.

usage: conformance.py --may-skip PATTERN JUNIT.xml...
"""

import argparse
import re
import sys
import xml.etree.ElementTree as ElementTree


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--may-skip", required=True, type=re.compile)
    parser.add_argument("reports", nargs="+")
    arguments = parser.parse_args()
    passed, skipped, failed = set(), set(), set()
    for report in arguments.reports:
        for case in ElementTree.parse(report).iter("testcase"):
            # One suite says it by an element, the other by an attribute.
            said = {case.get("status"), *(child.tag for child in case)}
            name = case.get("name")
            if said & {"failure", "failed", "error"}:
                failed.add(name)
            elif said & {"skipped", "disabled"}:
                skipped.add(name)
            elif "passed" in said:
                passed.add(name)
            else:
                sys.exit(f"{report}: nothing says how {name} ended")
    left_out = sorted(name for name in skipped - passed if not arguments.may_skip.search(name))
    for name in sorted(failed):
        print(f"failed: {name}", file=sys.stderr)
    for name in left_out:
        print(f"left out: {name}", file=sys.stderr)
    print(f"{len(passed)} tests passed, {len(failed)} failed, {len(skipped - passed)} were left out")
    return 1 if failed or left_out or not passed else 0


if __name__ == "__main__":
    sys.exit(main())
