#!/bin/sh
# Makes the secrets of infra/compose.yaml: random passwords, and the URLs that hold them. What is there already stays.
# Usage: sh infra/compose-secrets.sh [folder]   (default: secrets beside this file)
set -eu
folder=${1:-$(dirname "$0")/secrets}
mkdir -p "$folder"
# The files are read in the containers by other users; nobody else on this machine gets into the folder.
chmod 700 "$folder"
random() { od -An -N24 -tx1 /dev/urandom | tr -d ' \n'; }
put() { [ -e "$folder/$1" ] || printf '%s\n' "$2" >"$folder/$1"; }

put owner-password "$(random)"
put owner-database-url "postgres://finality_owner:$(cat "$folder/owner-password")@postgres:5432/finality"
put redis-password "$(random)"
put redis-url "redis://:$(cat "$folder/redis-password")@redis:6379"
put api-token "$(random)"
# The Ed25519 key that signs checkpoints.
[ -e "$folder/signing-key" ] || openssl genpkey -algorithm ed25519 -out "$folder/signing-key"
if [ ! -e "$folder/login-passwords" ]; then
  for service in sequencer dispatcher executor paper-venue projector notary api operator conductor; do
    password=$(random)
    role=$(printf %s "$service" | tr - _)
    printf 'FINALITY_%s_PASSWORD=%s\n' "$(printf %s "$role" | tr a-z A-Z)" "$password" >>"$folder/login-passwords.new"
    printf 'postgres://finality_login_%s:%s@postgres:5432/finality\n' "$role" "$password" >"$folder/$service-database-url"
  done
  mv "$folder/login-passwords.new" "$folder/login-passwords"
fi
chmod 444 "$folder"/*
echo "The secrets are in $folder."
