#!/bin/sh
# Install the Debian packages of debian.txt that are missing; without root, print the one line to run.
set -eu
cd "$(dirname "$0")"
missing=""
for package in $(grep -v '^#' debian.txt); do
  dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q 'ok installed' || missing="$missing $package"
done
[ -z "$missing" ] && exit 0
if [ "$(id -u)" -ne 0 ]; then
  echo "posd needs some Debian packages. Run this line, then the same make again:" >&2
  echo "  sudo apt-get update && sudo apt-get install --no-install-recommends -y$missing" >&2
  exit 1
fi
echo "installing Debian packages:$missing"
apt-get update -qq
DEBIAN_FRONTEND=noninteractive apt-get install -qq --no-install-recommends -y $missing >/dev/null
