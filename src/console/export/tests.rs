//! Names and progress of exports; what they write is tested with a real hub.

use super::*;

#[test]
fn the_name_of_a_file_tells_its_format() {
    let of = |name: &str| FileFormat::of(Path::new(name));
    assert_eq!(of("a/b.csv"), Some(FileFormat::Csv));
    assert_eq!(of("B.NDJSON"), Some(FileFormat::Ndjson));
    assert_eq!(of("b.jsonl"), Some(FileFormat::Ndjson));
    assert_eq!((of("csv"), of("-"), of("b.json.gz")), (None, None, None));
}

#[test]
fn how_far_it_has_come_is_never_more_than_all() {
    let of = |after, at, head| {
        let (after, at, head) = (Seq(after), Seq(at), Seq(head));
        ExportProgress { after, at, head, ..ExportProgress::default() }.percent()
    };
    let at = |at, head| of(0, at, head);
    assert_eq!([of(50, 50, 60), of(50, 55, 60), of(50, 60, 60), of(60, 60, 60)], [0, 50, 100, 100]);
    assert_eq!([at(0, 0), at(0, 10), at(5, 10), at(10, 10), at(11, 10)], [100, 0, 50, 100, 100]);
}

#[test]
fn a_name_that_was_taken_meanwhile_is_not_written_over() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.csv");
    let part = PartFile::create(&path).unwrap();
    fs::write(&path, "theirs").unwrap();
    assert_eq!(part.finish(&path).unwrap_err().kind(), io::ErrorKind::AlreadyExists);
    assert_eq!(fs::read_to_string(&path).unwrap(), "theirs");
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1, "nothing else is left");
}
