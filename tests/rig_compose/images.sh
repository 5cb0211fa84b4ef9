# images.sh: the base image, where no registry has it, and the two images of compose/Dockerfile. Sourced, after engine.sh.

images_base=debian:12-slim
images_local_base=sensor-project/debian:12-slim

# Prints the base image that there is: Debian's, or one made here of Debian's packages.
images_choose_base() {
  if docker image inspect "$images_base" > /dev/null 2>&1 || timeout 60 docker pull --quiet "$images_base" > /dev/null 2>&1; then
    echo "$images_base"
  else
    docker image inspect "$images_local_base" > /dev/null 2>&1 || images_make_base || return
    echo "$images_local_base"
  fi
}

# As slim as Debian's own: without documentation and translations, also of what is installed later. /usr is merged from the start:
# else a package that merges it brings all of Perl.
images_make_base() {
  mmdebstrap --variant=minbase --mode=root --include=usr-is-merged --hook-dir=/usr/share/mmdebstrap/hooks/merged-usr \
    --aptopt='Apt::Install-Recommends "false"' --dpkgopt='path-exclude=/usr/share/doc/*' \
    --dpkgopt='path-include=/usr/share/doc/*/copyright' --dpkgopt='path-exclude=/usr/share/man/*' \
    --dpkgopt='path-exclude=/usr/share/locale/*' --dpkgopt='path-exclude=/usr/share/info/*' \
    bookworm - "$(packaging/apt-sources.sh bookworm)" 2> build/rig/base.log |
    docker import - "$images_local_base" > /dev/null
}

# images_build: both, and says their sizes. The engine of our own has no other network than the host's while it builds.
images_build() {
  local base target start
  base=$(images_choose_base) || { tail -n 20 build/rig/base.log >&2; return 1; }
  for target in runtime faults; do
    start=$SECONDS
    docker build ${engine_is_ours:+--network host} --build-arg BASE="$base" --build-arg JOBS="${JOBS:-$(nproc)}" --target "$target" \
      --file compose/Dockerfile --tag "$(images_name "$target")" . > "build/rig/image-$target.log" 2>&1 ||
      { tail -n 30 "build/rig/image-$target.log"; return 1; }
    echo "      $(images_name "$target"): $(images_size "$(images_name "$target")") MB, of which $base is $(images_size "$base") MB; made in $((SECONDS - start)) s"
  done
}

images_name() { case $1 in runtime) echo sensor-project/rig ;; faults) echo sensor-project/rig-faults ;; esac; }
images_size() { echo $(($(docker image inspect --format '{{.Size}}' "$1") / 1000000)); }
