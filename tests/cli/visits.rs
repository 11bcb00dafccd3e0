//! `visits`: the door list, and the way back.

use super::{Folder, run, stderr};

/// Two femtocells of which the list has no place.
const LIST: &str = "plmn,eci,kind,pci,earfcn,lat,lon,name\n450-08,5a00101,femto,400,1550,,,홈펨토-0231\n\
    450-08,5a00102,femto,401,1550,,,\"=1+1\"\n";

#[test]
fn a_door_list_filled_in_comes_back_and_doors_close() {
    let folder = Folder::new();
    let (registry, store) = (folder.write("cells.csv", LIST), folder.name("store.sqlite"));
    let addresses =
        folder.write("a.csv", "ecgi,address,floor\n450-08-5a00101,<b>서초대로</b> 1,3층\n450-08-5a00109,x,y\n");
    let text = |arguments: &[&str]| {
        let output = run(arguments);
        assert_eq!(output.status.code(), Some(0), "{arguments:?}: {}", stderr(&output));
        String::from_utf8(output.stdout).expect("UTF-8")
    };
    let none = folder.write("none.csv", "ecgi,date,outcome\n");
    assert_eq!(text(&["visits", "import", &none, "--store", &store]), "0 visits stored, 0 known before\n");
    let list = ["visits", "list", "--registry", &registry, "--store", &store, "--addresses", &addresses];
    let doors = text(&list);
    assert!(doors.contains("450-08-5a00101,no-place,홈펨토-0231,<b>서초대로</b> 1,3층,"), "{doors}");
    assert!(doors.contains("'=1+1") && doors.lines().count() == 3, "{doors}");
    let sheets = text(&[&list[..], &["--format", "html", "--lang", "ko"]].concat());
    assert!(sheets.contains("&lt;b&gt;서초대로") && !sheets.contains("<b>서초대로"), "{sheets}");
    assert!(sheets.contains("방문할 주소") && sheets.matches("<article").count() == 2, "{sheets}");

    // The crew fills in the first row.
    let filled: Vec<String> = doors
        .lines()
        .map(|line| match line.strip_prefix("450-08-5a00101").and_then(|rest| rest.strip_suffix(",,,,")) {
            Some(rest) => format!("450-08-5a00101{rest},2026-11-20,recovered,,"),
            None => line.to_owned(),
        })
        .collect();
    let filled = folder.write("filled.csv", filled.join("\n"));
    assert_eq!(text(&["visits", "import", &filled, "--store", &store]), "1 visit stored, 0 known before\n");
    assert_eq!(text(&["visits", "import", &filled, "--store", &store]), "0 visits stored, 1 known before\n");
    let doors = text(&list);
    assert!(!doors.contains("450-08-5a00101") && doors.contains("450-08-5a00102"), "{doors}");
}

#[test]
fn a_wrong_list_of_visits_stores_nothing() {
    let folder = Folder::new();
    let store = folder.name("store.sqlite");
    let list = "ecgi,date,outcome\n450-08-5a00101,2026-11-20,recovered\n450-08-5a00102,2026-11-20,gone\n";
    let output = run(&["visits", "import", &folder.write("v.csv", list), "--store", &store]);
    assert_eq!(output.status.code(), Some(2));
    assert!(stderr(&output).contains("line 3, outcome \"gone\": expected recovered, unplugged"), "{}", stderr(&output));
    assert!(!std::path::Path::new(&store).exists());
}
