use super::*;
use rstest::rstest;

const A: &str = "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
const B: &str = "sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a";

/// `@a` and `@b` stand for descriptors.
fn seen(kind: ManifestKind, body: &str) -> String {
    let descriptor = |digest: &str| format!(r#"{{"mediaType":"x/y","digest":"{digest}","size":2}}"#);
    let image = ManifestKind::OciImage.media_type();
    let member = format!(r#"{{"mediaType":"{image}","digest":"{B}","size":2}}"#);
    let body = body.replace("@a", &descriptor(A)).replace("@b", &descriptor(B)).replace("@m", &member);
    let body = body.replace("$A", A).replace("$B", B);
    let list = |digests: &[Digest]| digests.iter().map(Digest::to_string).collect::<Vec<_>>().join(" ");
    match read(kind, body.as_bytes()) {
        Ok(manifest) => {
            let subject = manifest.subject.as_ref().map_or("-".to_owned(), Digest::to_string);
            let (blobs, manifests) = (list(&manifest.blobs), list(&manifest.manifests));
            let artifact_type = manifest.artifact_type.as_deref().unwrap_or("-");
            let line = format!("blobs [{blobs}] manifests [{manifests}] subject {subject} type {artifact_type}");
            line.replace(A, "A").replace(B, "B")
        }
        Err(error) => error.to_string(),
    }
}

#[rstest]
#[case::plain(r#"{"schemaVersion":2,"config":@a,"layers":[@b]}"#, "blobs [A B] manifests [] subject - type x/y")]
#[case::each_blob_once(
    r#"{"schemaVersion":2,"config":@a,"layers":[@b,@b,@a]}"#,
    "blobs [A B] manifests [] subject - type x/y"
)]
#[case::no_layers(r#"{"schemaVersion":2,"config":@a,"layers":[]}"#, "blobs [A] manifests [] subject - type x/y")]
#[case::null_layers(r#"{"schemaVersion":2,"config":@a,"layers":null}"#, "blobs [A] manifests [] subject - type x/y")]
#[case::artifact(
    r#"{"schemaVersion":2,"artifactType":"q/r","config":@a,"layers":[],"subject":@b}"#,
    "blobs [A] manifests [] subject B type q/r"
)]
#[case::unknown_members(
    r#"{"schemaVersion":2,"config":@a,"x":{"Config":1},"layers":[]}"#,
    "blobs [A] manifests [] subject - type x/y"
)]
#[case::foreign_layer(
    r#"{"schemaVersion":2,"config":@a,"layers":[{"mediaType":"application/vnd.oci.image.layer.nondistributable.v1.tar","digest":"$B","size":2}]}"#,
    "blobs [A] manifests [] subject - type x/y"
)]
#[case::layer_with_urls(
    r#"{"schemaVersion":2,"config":@a,"layers":[{"mediaType":"x/y","digest":"$B","size":2,"urls":["https://layers.example/1"]}]}"#,
    "blobs [A] manifests [] subject - type x/y"
)]
fn images(#[case] body: &str, #[case] expected: &str) {
    assert_eq!(seen(ManifestKind::OciImage, body), expected);
}

#[rstest]
#[case::plain(r#"{"schemaVersion":2,"manifests":[@m]}"#, "blobs [] manifests [B] subject - type -")]
#[case::empty(r#"{"schemaVersion":2,"manifests":[]}"#, "blobs [] manifests [] subject - type -")]
#[case::with_type(
    r#"{"schemaVersion":2,"artifactType":"q/r","manifests":[],"subject":@a}"#,
    "blobs [] manifests [] subject A type q/r"
)]
#[case::build_cache(r#"{"schemaVersion":2,"manifests":[@a,@m]}"#, "blobs [A] manifests [B] subject - type -")]
#[case::no_media_type(
    r#"{"schemaVersion":2,"manifests":[{"digest":"$A","size":2}]}"#,
    "blobs [] manifests [A] subject - type -"
)]
fn indexes(#[case] body: &str, #[case] expected: &str) {
    assert_eq!(seen(ManifestKind::OciIndex, body), expected);
}

const TWO: &str = "one manifest must not have two readings";

#[rstest]
#[case::not_json(ManifestKind::OciImage, "{", "cannot be read")]
#[case::empty(ManifestKind::OciImage, "", "cannot be read")]
#[case::not_an_object(ManifestKind::OciImage, "[]", "cannot be read")]
#[case::trailing(ManifestKind::OciIndex, r#"{"schemaVersion":2,"manifests":[]} {}"#, "trailing characters")]
#[case::no_version(ManifestKind::OciIndex, r#"{"manifests":[]}"#, "schemaVersion is 0")]
#[case::version_three(ManifestKind::OciIndex, r#"{"schemaVersion":3}"#, "schemaVersion is 3")]
#[case::schema_one(ManifestKind::DockerImage, r#"{"schemaVersion":1,"fsLayers":[]}"#, "schema version 1")]
#[case::schema_one_in_disguise(
    ManifestKind::DockerImage,
    r#"{"schemaVersion":2,"config":@a,"fsLayers":[]}"#,
    "schema version 1"
)]
#[case::no_config(ManifestKind::OciImage, r#"{"schemaVersion":2,"layers":[]}"#, "must have a config")]
#[case::both(ManifestKind::OciImage, r#"{"schemaVersion":2,"config":@a,"layers":[],"manifests":[]}"#, TWO)]
#[case::both_in_an_index(ManifestKind::OciIndex, r#"{"schemaVersion":2,"config":@a,"manifests":[]}"#, TWO)]
#[case::layers_in_an_index(ManifestKind::OciIndex, r#"{"schemaVersion":2,"layers":[],"manifests":[]}"#, TWO)]
#[case::twice(
    ManifestKind::OciImage,
    r#"{"schemaVersion":2,"config":@a,"config":@b,"layers":[]}"#,
    "duplicate field `config`"
)]
#[case::twice_in_a_descriptor(
    ManifestKind::OciImage,
    r#"{"schemaVersion":2,"config":{"digest":"$A","digest":"$B","size":2},"layers":[]}"#,
    "duplicate field `digest`"
)]
#[case::another_case(
    ManifestKind::OciImage,
    r#"{"schemaVersion":2,"config":@a,"layers":[],"Layers":[@b]}"#,
    "'Layers', which some clients read as 'layers'"
)]
#[case::another_script(ManifestKind::OciImage, r#"{"schemaVersion":2,"config":@a,"layerſ":[@b]}"#, "read as 'layers'")]
#[case::another_case_in_a_descriptor(
    ManifestKind::OciImage,
    r#"{"schemaVersion":2,"config":@a,"layers":[{"digest":"$A","Digest":"$B","size":2}]}"#,
    "read as 'digest'"
)]
#[case::another_media_type(
    ManifestKind::OciImage,
    r#"{"schemaVersion":2,"mediaType":"application/vnd.oci.image.index.v1+json","config":@a}"#,
    "they must be the same"
)]
#[case::bad_digest(
    ManifestKind::OciImage,
    r#"{"schemaVersion":2,"config":@a,"layers":[@b,{"digest":"../x","size":1}]}"#,
    "layers[1].digest: '../x'"
)]
#[case::bad_subject(
    ManifestKind::OciIndex,
    r#"{"schemaVersion":2,"subject":{"digest":"latest","size":1}}"#,
    "subject.digest: 'latest'"
)]
#[case::negative_size(
    ManifestKind::OciImage,
    r#"{"schemaVersion":2,"config":{"digest":"$A","size":-1}}"#,
    "invalid value: integer `-1`"
)]
fn refused(#[case] kind: ManifestKind, #[case] body: &str, #[case] expected: &str) {
    let seen = seen(kind, body);
    assert!(seen.contains(expected), "{seen}");
}

#[test]
fn deep_nesting_is_refused_and_not_followed() {
    let body = format!(r#"{{"schemaVersion":2,"x":{}"#, "[".repeat(1 << 20));
    assert!(seen(ManifestKind::OciIndex, &body).contains("recursion limit"));
}
