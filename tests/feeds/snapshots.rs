//! Signed snapshots over HTTP: what is forged, cut, old or half is not taken, and says why. minisign signs them.

use std::{
    collections::BTreeMap,
    fs,
    io::{BufRead, BufReader, Write},
    net::{TcpListener, TcpStream},
    process::{Command, Stdio},
    sync::{Arc, Mutex},
    thread,
};

use crate::{
    folder::Folder,
    servers::{run, stderr},
};

/// Makes something else of a delta.
type Spoil<'a> = dyn Fn(&mut Vec<u8>) + 'a;

/// What the server has, and what it was asked for.
#[derive(Default)]
struct Shelf {
    list: Vec<u8>,
    signature: Vec<u8>,
    /// Deltas by the end of their path.
    deltas: BTreeMap<String, Vec<u8>>,
    /// The connection breaks after so many bytes of the list.
    breaks_after: Option<usize>,
    /// First line and range of each request.
    asked: Vec<(String, Option<usize>)>,
}

struct Service {
    port: u16,
    shelf: Arc<Mutex<Shelf>>,
}

impl Service {
    fn new() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let port = listener.local_addr().expect("bound").port();
        let shelf: Arc<Mutex<Shelf>> = Arc::default();
        let kept = Arc::clone(&shelf);
        thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                answer(&stream, &kept);
            }
        });
        Self { port, shelf }
    }

    fn url(&self) -> String {
        format!("http://127.0.0.1:{}/cells.csv", self.port)
    }

    fn offer(&self, folder: &Folder, name: &str) {
        let mut shelf = self.shelf.lock().expect("not poisoned");
        shelf.list = fs::read(folder.path(name)).expect("made");
        shelf.signature = fs::read(folder.path(&format!("{name}.minisig"))).expect("made");
        shelf.breaks_after = None;
        shelf.asked.clear();
        shelf.deltas.clear();
    }

    /// Hands out the delta between two lists too, as the program makes it.
    fn offer_delta(&self, folder: &Folder, old: &str, new: &str) {
        let output = run(&["registry", "delta", &folder.name(old), &folder.name(new), "--json"]);
        assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
        let line: serde_json::Value = serde_json::from_slice(&output.stdout).expect("JSON");
        let file = line["file"].as_str().expect("a file");
        let ending = file.split_once(new).expect("beside the new one").1.to_owned();
        self.change(|shelf| shelf.deltas.insert(ending, fs::read(file).expect("made")));
    }

    fn change<T>(&self, change: impl FnOnce(&mut Shelf) -> T) {
        change(&mut self.shelf.lock().expect("not poisoned"));
    }

    fn lists_asked_from(&self) -> Vec<usize> {
        let shelf = self.shelf.lock().expect("not poisoned");
        shelf.asked.iter().filter(|(path, _)| path == "/cells.csv").map(|(_, from)| from.unwrap_or(0)).collect()
    }
}

/// One request a connection.
fn answer(mut stream: &TcpStream, shelf: &Mutex<Shelf>) -> Option<()> {
    let mut reader = BufReader::new(stream.try_clone().ok()?);
    let (mut first, mut etag, mut from) = (String::new(), None, None);
    reader.read_line(&mut first).ok()?;
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).ok()?;
        let Some((name, value)) = line.split_once(':') else { break };
        match (name.to_ascii_lowercase().as_str(), value.trim()) {
            ("if-none-match", value) => etag = Some(value.to_owned()),
            ("range", value) => from = value.strip_prefix("bytes=")?.strip_suffix('-')?.parse().ok(),
            _ => {}
        }
    }
    let path = first.split(' ').nth(1)?.to_owned();
    let mut shelf = shelf.lock().expect("not poisoned");
    shelf.asked.push((path.clone(), from));
    let signed = path.ends_with(".minisig");
    let body = match path.strip_prefix("/cells.csv") {
        Some("") => shelf.list.clone(),
        Some(".minisig") => shelf.signature.clone(),
        ending => match ending.and_then(|ending| shelf.deltas.get(ending)) {
            Some(delta) => delta.clone(),
            None => return stream.write_all(b"HTTP/1.1 404 x\r\nconnection: close\r\n\r\n").ok(),
        },
    };
    // The end of the global signature names the version.
    let name = format!(
        "\"{}\"",
        String::from_utf8_lossy(&shelf.signature).trim_end().chars().rev().take(20).collect::<String>()
    );
    let (status, start) = match from {
        _ if signed && etag.as_ref() == Some(&name) => {
            return stream.write_all(b"HTTP/1.1 304 x\r\nconnection: close\r\n\r\n").ok();
        }
        Some(from) if from < body.len() => ("206", from),
        Some(_) => ("416", body.len()),
        None => ("200", 0),
    };
    let head = format!(
        "HTTP/1.1 {status} x\r\nconnection: close\r\netag: {name}\r\ncontent-range: bytes {start}-{}/{}\r\ncontent-length: {}\r\n\r\n",
        body.len().saturating_sub(1),
        body.len(),
        body.len() - start,
    );
    stream.write_all(head.as_bytes()).ok()?;
    let end = shelf.breaks_after.filter(|_| !signed).map_or(body.len(), |after| (start + after).min(body.len()));
    stream.write_all(&body[start..end]).ok()
}

/// A key pair of that name; whether minisign is there.
pub fn new_key(folder: &Folder, name: &str) -> bool {
    let made = Command::new("minisign")
        .args([
            "-G",
            "-f",
            "-W",
            "-p",
            &folder.name(&format!("{name}.pub")),
            "-s",
            &folder.name(&format!("{name}.key")),
        ])
        .stdin(Stdio::null())
        .output();
    match made {
        Ok(output) => {
            assert!(output.status.success(), "{}", stderr(&output));
            true
        }
        Err(error) => {
            let wanted = std::env::var("CELLWARDEN_TEST_SERVERS").is_ok_and(|value| value == "1");
            assert!(!wanted, "minisign is wanted and cannot be run: {error}");
            println!("left out: minisign cannot be run: {error}");
            false
        }
    }
}

/// Writes a list of so many cells, signed at that second.
pub fn sign(folder: &Folder, name: &str, rows: usize, second: u64, key: &str) {
    let mut list = "plmn,eci,kind,status,pci,earfcn,name\n".to_owned();
    for n in 0..rows {
        list += &format!("450-08,{:07x},femto,active,{},1550,cell number {n}\n", 0x5a_00000 + n, n % 504);
    }
    let file = folder.write(name, &list);
    let (key, comment) = (folder.name(&format!("{key}.key")), format!("timestamp:{second}\tfile:{name}\thashed"));
    let output =
        Command::new("minisign").args(["-S", "-s", &key, "-m", &file, "-t", &comment]).stdin(Stdio::null()).output();
    let output = output.expect("started");
    assert!(output.status.success(), "{}", stderr(&output));
}

/// Runs `registry sync`: the exit code, and all that was said.
fn sync(folder: &Folder, service: &Service) -> (Option<i32>, String) {
    let (registry, key) = (folder.name("r.sqlite"), folder.name("own.pub"));
    let output = run(&["registry", "sync", &service.url(), "--registry", &registry, "--key", &key]);
    (output.status.code(), format!("{}{}", String::from_utf8_lossy(&output.stdout), stderr(&output)))
}

/// How many cells the registry has.
fn rows(folder: &Folder) -> String {
    let output = run(&["registry", "stats", "--registry", &folder.name("r.sqlite")]);
    String::from_utf8_lossy(&output.stdout).lines().next().unwrap_or_default().to_owned()
}

#[test]
fn only_a_whole_signed_and_newer_snapshot_is_taken() {
    let (folder, service) = (Folder::new(), Service::new());
    if !(new_key(&folder, "own") && new_key(&folder, "other")) {
        return;
    }
    sign(&folder, "old.csv", 10, 1_700_000_000, "own");
    sign(&folder, "new.csv", 3000, 1_700_000_100, "own");
    sign(&folder, "newest.csv", 4000, 1_700_000_200, "own");
    sign(&folder, "others.csv", 50, 1_700_000_300, "other");

    service.offer(&folder, "new.csv");
    assert_eq!(sync(&folder, &service).0, Some(0));
    assert_eq!(rows(&folder), "3000 rows");
    let (code, text) = sync(&folder, &service);
    assert!(code == Some(0) && text.contains("hands out"), "{text}");
    assert_eq!(service.lists_asked_from(), [0], "nothing new is not downloaded again");

    let refused = |what: &str, word: &str| {
        let (code, text) = sync(&folder, &service);
        assert_eq!(code, Some(2), "{what}: {text}");
        assert!(text.contains(word) && text.contains("stays as it was"), "{what}: {text}");
        assert_eq!((text.lines().count(), rows(&folder)), (1, "3000 rows".to_owned()), "{what}: {text}");
    };
    service.offer(&folder, "old.csv");
    refused("an old one", "rolled back");
    service.offer(&folder, "others.csv");
    refused("another key's", "another key");
    service.offer(&folder, "newest.csv");
    service.change(|shelf| shelf.list[200] ^= 1);
    refused("one changed byte", "forged or damaged");
    service.change(|shelf| shelf.list[200] ^= 1);
    service.change(|shelf| shelf.list.truncate(70_000));
    refused("a cut list", "forged or damaged");
    service.offer(&folder, "newest.csv");
    service.change(|shelf| shelf.signature = b"x".to_vec());
    refused("no signature", "no minisign signature");
    service.offer(&folder, "newest.csv");
    let later = |text: &[u8]| String::from_utf8_lossy(text).replace("1700000200", "1800000000").into_bytes();
    service.change(|shelf| shelf.signature = later(&shelf.signature));
    refused("another time under the same signature", "forged or damaged");

    // A list that another import put there is not taken for the signed one, and an old one does not come back either.
    service.offer(&folder, "new.csv");
    let import = run(&["registry", "import", &folder.name("old.csv"), "--registry", &folder.name("r.sqlite")]);
    assert_eq!((import.status.code(), rows(&folder)), (Some(0), "10 rows".to_owned()));
    assert_eq!((sync(&folder, &service).0, rows(&folder)), (Some(0), "3000 rows".to_owned()));
}

#[test]
fn a_half_downloaded_snapshot_goes_on_where_it_broke_and_only_with_its_own_rest() {
    let (folder, service) = (Folder::new(), Service::new());
    if !new_key(&folder, "own") {
        return;
    }
    sign(&folder, "one.csv", 10, 1_700_000_000, "own");
    sign(&folder, "two.csv", 5000, 1_700_000_100, "own");
    sign(&folder, "three.csv", 6000, 1_700_000_200, "own");
    service.offer(&folder, "one.csv");
    assert_eq!((sync(&folder, &service).0, rows(&folder)), (Some(0), "10 rows".to_owned()));

    service.offer(&folder, "two.csv");
    service.change(|shelf| shelf.breaks_after = Some(100_000));
    for _ in 0..2 {
        let (code, text) = sync(&folder, &service);
        assert!(code == Some(2) && text.contains("half downloaded"), "{text}");
        assert_eq!(rows(&folder), "10 rows");
    }
    service.change(|shelf| shelf.breaks_after = None);
    assert_eq!((sync(&folder, &service).0, rows(&folder)), (Some(0), "5000 rows".to_owned()));
    let asked = service.lists_asked_from();
    assert!(asked.len() == 3 && asked[0] == 0 && asked[1] > 0 && asked[2] > asked[1], "{asked:?}");

    // Half of one list and the rest of another would be no list.
    sign(&folder, "four.csv", 5500, 1_700_000_150, "own");
    service.offer(&folder, "four.csv");
    service.change(|shelf| shelf.breaks_after = Some(100_000));
    assert_eq!(sync(&folder, &service).0, Some(2));
    service.offer(&folder, "three.csv");
    assert_eq!((sync(&folder, &service).0, rows(&folder)), (Some(0), "6000 rows".to_owned()));
    assert_eq!(service.lists_asked_from(), [0]);
}

#[test]
fn a_delta_spares_the_list_and_is_taken_only_where_it_leads_to_what_was_signed() {
    let (folder, service) = (Folder::new(), Service::new());
    if !new_key(&folder, "own") {
        return;
    }
    for (name, rows, second) in [("a.csv", 3000, 0), ("b.csv", 3010, 100), ("c.csv", 3020, 200), ("d.csv", 3030, 300)] {
        sign(&folder, name, rows, 1_700_000_000 + second, "own");
    }
    let taken = |what: &str, rows_expected: &str, by_delta: bool, said: &str| {
        let (code, text) = sync(&folder, &service);
        assert_eq!((code, rows(&folder).as_str()), (Some(0), rows_expected), "{what}: {text}");
        assert_eq!(service.lists_asked_from().is_empty(), by_delta, "{what}: {text}");
        assert!(text.contains(said), "{what}: {text}");
    };
    service.offer(&folder, "a.csv");
    taken("the first one", "3000 rows", false, "");
    service.offer(&folder, "b.csv");
    service.offer_delta(&folder, "a.csv", "b.csv");
    service.change(|shelf| shelf.breaks_after = Some(30));
    let (code, text) = sync(&folder, &service);
    assert!(code == Some(2) && text.contains("half downloaded") && text.contains("stays as it was"), "{text}");
    assert_eq!(rows(&folder), "3000 rows");
    service.change(|shelf| shelf.breaks_after = None);
    taken("the rest of the delta", "3010 rows", true, "as a delta of ");

    // One that is forged, cut or of another list leads nowhere: it is named, and the list itself is taken.
    let whole = fs::read(folder.path("b.csv")).expect("made");
    let spoilt: [(&str, &Spoil); 4] = [
        ("forged", &|delta| delta[60] ^= 1),
        ("truncated", &|delta| delta.truncate(delta.len() - 3)),
        ("another list's", &|delta| *delta = fs::read(folder.path("other.delta")).expect("made")),
        ("no delta", &|delta| *delta = whole.clone()),
    ];
    service.offer_delta(&folder, "a.csv", "c.csv");
    service.change(|shelf| {
        let other = shelf.deltas.values().next().expect("made");
        fs::write(folder.path("other.delta"), other).expect("written");
    });
    for (what, spoil) in spoilt {
        service.offer(&folder, "b.csv");
        let files = ["r.sqlite", "r.sqlite.list"];
        files.iter().for_each(|file| fs::remove_file(folder.path(file)).expect("removed"));
        assert_eq!(sync(&folder, &service).0, Some(0));
        service.offer(&folder, "c.csv");
        service.offer_delta(&folder, "b.csv", "c.csv");
        service.change(|shelf| shelf.deltas.values_mut().for_each(spoil));
        taken(what, "3020 rows", false, "the whole list is downloaded instead");
    }

    // A good delta to a list that is rolled back, or that nobody signed, changes nothing.
    service.offer(&folder, "b.csv");
    service.offer_delta(&folder, "c.csv", "b.csv");
    let refused = |word: &str| {
        let (code, text) = sync(&folder, &service);
        assert!(code == Some(2) && text.contains(word) && text.contains("stays as it was"), "{text}");
        assert_eq!(rows(&folder), "3020 rows");
    };
    refused("rolled back");
    service.offer(&folder, "d.csv");
    service.offer_delta(&folder, "c.csv", "b.csv");
    service.change(|shelf| shelf.list = whole.clone());
    refused("forged or damaged");
    // What another list was imported between is told by the list's own hash.
    let import = run(&["registry", "import", &folder.name("a.csv"), "--registry", &folder.name("r.sqlite")]);
    assert_eq!(import.status.code(), Some(0));
    service.offer(&folder, "d.csv");
    service.offer_delta(&folder, "c.csv", "d.csv");
    taken("after another import", "3030 rows", true, "as a delta of ");
}
