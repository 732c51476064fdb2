# shellcheck shell=bash
# Images of random bytes as OCI layouts, for the scripts that source it and .ci/checks.sh: there is no network to get any from.

readonly oci=application/vnd.oci.image
layout=

# What a command prints, as words of a list; a here string alone would lose whether it failed.
read_words() { # list, command…
  local -n words_read=$1
  local said
  said=$("${@:2}") && [ -n "$said" ] || die "cannot be made: ${*:2}"
  read -r -a words_read <<<"$said"
}

blob() { # file: keep it in $layout under its digest, print "digest size"
  local hex
  hex=$(sha256sum "$1" | cut -d' ' -f1)
  cp "$1" "$layout/blobs/sha256/$hex" || return 1
  printf 'sha256:%s %s' "$hex" "$(stat -c %s "$1")"
}
descriptor() { printf '{"mediaType":"%s","digest":"%s","size":%s%s}' "$1" "$2" "$3" "${4:+,$4}"; }
image() { # name, architecture, layers, kilobytes[, gzip or zstd]: print "digest size" of its manifest
  local layers="" diff_ids="" entry i compression=${5:-gzip}
  for i in $(seq "$3"); do
    mkdir -p "$work/root/$1-$i"
    head -c "$(($4 * 1024))" /dev/urandom >"$work/root/$1-$i/data"
    tar -C "$work/root" -cf "$work/layer.tar" "$1-$i" || return 1
    diff_ids+="${diff_ids:+,}\"sha256:$(sha256sum "$work/layer.tar" | cut -d' ' -f1)\""
    # Compressed here, because skopeo compresses what is not, and the digests are to come back as they went.
    "$compression" -c "$work/layer.tar" >"$work/layer" || return 1
    read_words entry blob "$work/layer"
    layers+="${layers:+,}$(descriptor "$oci.layer.v1.tar+$compression" "${entry[@]}")"
  done
  printf '{"architecture":"%s","os":"linux","config":{},"rootfs":{"type":"layers","diff_ids":[%s]}}' "$2" "$diff_ids" >"$work/config"
  manifest_of "$layers"
}
manifest_of() { # descriptors of layers: print "digest size" of a manifest of them and $work/config
  local entry
  read_words entry blob "$work/config"
  printf '{"schemaVersion":2,"mediaType":"%s","config":%s,"layers":[%s]}' "$oci.manifest.v1+json" "$(descriptor "$oci.config.v1+json" "${entry[@]}")" "$1" >"$work/manifest"
  blob "$work/manifest"
}
platform() { descriptor "$oci.manifest.v1+json" "$1" "$2" "\"platform\":{\"architecture\":\"$3\",\"os\":\"linux\"}"; }
begin_layout() { layout=$1; mkdir -p "$layout/blobs/sha256"; }
end_layout() { # kind of manifest, digest, size: what "latest" is in $layout
  printf '{"imageLayoutVersion":"1.0.0"}' >"$layout/oci-layout"
  printf '{"schemaVersion":2,"manifests":[%s]}' "$(descriptor "$oci.$1.v1+json" "$2" "$3" '"annotations":{"org.opencontainers.image.ref.name":"latest"}')" >"$layout/index.json"
}

image_layout() { # folder, layers, kilobytes[, gzip or zstd]: an image for this machine
  local entry
  begin_layout "$1"
  read_words entry image "${1##*/}" amd64 "${@:2}"
  end_layout manifest "${entry[@]}"
}
index_layout() { # folder: an index of two platforms
  local entry amd arm
  begin_layout "$1"
  read_words amd image multi-amd amd64 2 64
  read_words arm image multi-arm arm64 2 64
  printf '{"schemaVersion":2,"mediaType":"%s","manifests":[%s,%s]}' "$oci.index.v1+json" "$(platform "${amd[@]}" amd64)" "$(platform "${arm[@]}" arm64)" >"$work/list"
  read_words entry blob "$work/list"
  end_layout index "${entry[@]}"
}
