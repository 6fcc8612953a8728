//! What files are taken, and what is done when they change (R-TLS-2). Over the network it is shown in `tests/it/tls.rs`.

use super::*;
use certificates::{Authority, put};
use tempfile::TempDir;
use tokio::sync::mpsc;

#[path = "../../../tests/it/certificates.rs"]
#[allow(dead_code, reason = "the tests over the network use the rest")]
mod certificates;

/// A good certificate in a folder.
pub(in crate::hub) fn certified() -> (TempDir, TlsFiles, Authority) {
    let (folder, authority) = (TempDir::new().unwrap(), Authority::new("acme"));
    let (cert, key) = authority.certify("localhost").write(folder.path());
    (folder, TlsFiles { cert, key, client_ca: None }, authority)
}

fn refusal(files: &TlsFiles) -> String {
    match Certificates::open(files.clone(), &[HTTP2]) {
        Ok(_) => panic!("it is taken"),
        Err(why) => why.to_string(),
    }
}

#[test]
fn r_tls_1_what_cannot_be_used_is_said_with_its_file() {
    let (folder, files, authority) = certified();
    assert!(Certificates::open(files.clone(), &[HTTP2]).is_ok());
    let with_cert = |cert: PathBuf| TlsFiles { cert, ..files.clone() };
    let other = authority.certify("localhost");
    let other = put(folder.path(), "other.pem", &other.cert);
    let empty = put(folder.path(), "empty.pem", "");
    let odd = "-----BEGIN CERTIFICATE-----\n%%%\n-----END CERTIFICATE-----\n";
    let odd = put(folder.path(), "odd.pem", odd);
    for (files, said) in [
        (with_cert(folder.path().join("none.pem")), "cannot read"),
        (with_cert(empty.clone()), "has no certificate in PEM"),
        (with_cert(odd), "is damaged"),
        (with_cert(other), "cannot be used together"),
        (TlsFiles { key: empty.clone(), ..files.clone() }, "has no private key in PEM"),
        (TlsFiles { key: files.cert.clone(), ..files.clone() }, "has no private key in PEM"),
        (TlsFiles { client_ca: Some(empty), ..files.clone() }, "has no certificate in PEM"),
    ] {
        let why = refusal(&files);
        assert!(why.contains(said) && why.contains(folder.path().to_str().unwrap()), "{why}");
    }
}

#[cfg(unix)]
#[test]
fn r_tls_1_a_key_that_others_can_read_and_a_certificate_that_they_can_change_are_refused() {
    use std::os::unix::fs::PermissionsExt as _;
    let (_folder, files, _) = certified();
    let set = |path: &Path, mode| {
        fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
    };
    set(&files.key, 0o640);
    assert!(refusal(&files).contains("others can read"), "{}", refusal(&files));
    set(&files.key, 0o600);
    set(&files.cert, 0o664);
    assert!(refusal(&files).contains("others can write"), "{}", refusal(&files));
    set(&files.cert, 0o644);
    assert!(Certificates::open(files, &[HTTP2]).is_ok());
}

#[tokio::test(start_paused = true)]
async fn r_tls_2_a_new_certificate_that_cannot_be_used_is_said_once_and_the_old_one_stays() {
    let (folder, files, authority) = certified();
    let certificates = Certificates::open(files.clone(), &[HTTP2]).unwrap();
    let in_use = || Arc::clone(&certificates.current.lock().unwrap());
    let first = in_use();
    let (told, mut lines) = mpsc::channel(10);
    let say = move |line: &str| told.try_send(line.to_owned()).unwrap();
    tokio::spawn(Arc::clone(&certificates).keep(say));

    put(folder.path(), "hub.pem", "half of a certificate");
    let line = lines.recv().await.unwrap();
    assert!(line.contains("the old one stays") && line.contains("hub.pem"), "{line}");
    assert!(Arc::ptr_eq(&first, &in_use()));
    sleep(20 * LOOK_EVERY).await;
    assert!(lines.try_recv().is_err(), "it is said once");

    authority.certify("localhost").write(folder.path());
    let line = lines.recv().await.unwrap();
    assert!(line.contains("was read anew"), "{line}");
    assert!(!Arc::ptr_eq(&first, &in_use()));
    sleep(20 * LOOK_EVERY).await;
    assert!(lines.try_recv().is_err(), "files that stay as they are are not read again");
}

#[tokio::test(start_paused = true)]
async fn r_tls_3_handshakes_that_fail_are_told_once_a_minute() {
    let (_folder, files, _) = certified();
    let certificates = Certificates::open(files, &[HTTP2]).unwrap();
    let (told, mut lines) = mpsc::channel(10);
    tokio::spawn(Arc::clone(&certificates).keep(move |line| {
        told.try_send((line.to_owned(), Instant::now())).unwrap();
    }));
    let fail = async || {
        let http = std::io::Cursor::new(b"GET / HTTP/1.1\r\n\r\n".to_vec());
        assert!(certificates.accept(http).await.is_err());
    };
    fail().await;
    let (line, at) = lines.recv().await.unwrap();
    assert!(line.contains("did not get through TLS: 1;"), "{line}");
    fail().await;
    fail().await;
    let (line, later) = lines.recv().await.unwrap();
    assert!(line.contains("did not get through TLS: 2;"), "{line}");
    assert!(later - at >= TELL_EVERY);
}
