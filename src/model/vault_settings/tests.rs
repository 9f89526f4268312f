use jiff::civil::date;
use proptest::prelude::*;

use crate::model::{
    path::NotePath,
    vault_settings::{FILES, FolderRule, LinkFormat, TrashOption, VaultSettings, parse},
};

fn path(path: &str) -> NotePath {
    NotePath::parse(path).unwrap()
}

/// Settings that hold no fault.
fn read(files: &[(&str, &str)]) -> VaultSettings {
    let (settings, problems) = parse(files);
    assert_eq!(problems, [], "{files:?}");
    settings
}

fn app(json: &str) -> VaultSettings {
    read(&[("app.json", json)])
}

#[test]
fn what_is_not_set_is_as_obsidian_has_it() {
    let settings = read(&[]);
    assert_eq!(settings, VaultSettings::default());
    assert_eq!(settings, app("{}"));
    assert_eq!(settings, app("\u{feff}"));
    assert_eq!(
        settings,
        app(r#"{"userIgnoreFilters": null, "newLinkFormat": null, "vimMode": true}"#)
    );
    assert_eq!(
        (settings.new_links, settings.trash, settings.use_markdown_links),
        (LinkFormat::Shortest, TrashOption::System, false)
    );
    assert_eq!(settings.daily_notes.path(date(2026, 2, 3)), Some(path("2026-02-03.md")));
    assert!(!settings.ignored.is_ignored(&path("a.md")) && !settings.templates.holds(&path("Templates/a.md")));
}

#[test]
fn g13_filters_are_beginnings_of_paths_or_expressions() {
    let ignored = app(r#"{"userIgnoreFilters": ["Archive/", "99 Système/x.md", "/^Templates\\//", "/\\d{4}\\.canvas$/"]}"#).ignored;
    let check = |file: &str, expected| assert_eq!(ignored.is_ignored(&path(file)), expected, "{file}");
    check("Archive/a.md", true);
    check("archive/b/c.md", true);
    check("Archive.md", false);
    check("x/Archive/a.md", false);
    check("99 Syste\u{300}me/x.md", true);
    check("Templates/a.md", true);
    check("templates/a.md", false);
    check("x/Templates/a.md", false);
    check("x/2026.canvas", true);
}

#[test]
fn filters_that_cannot_be_used_are_reported_and_hide_nothing() {
    let check = |filters: &str, part: &str| {
        let (settings, problems) = parse(&[("app.json", &format!(r#"{{"userIgnoreFilters": {filters}}}"#))]);
        let [problem] = &problems[..] else {
            panic!("{filters}: {problems:?}")
        };
        assert!(
            problem.to_string().starts_with("app.json: `userIgnoreFilters`") && problem.detail.contains(part),
            "{problem}"
        );
        assert!(!settings.ignored.is_ignored(&path("a.md")), "{filters}");
        settings
    };
    check(r#"[""]"#, "empty");
    check(r#"["//"]"#, "empty");
    check(r#"["/(a/"]"#, "unclosed group");
    check(r#"["/a(?=.md)/"]"#, "look-ahead");
    check(r#"["/(\\p{L}{50}){50}/"]"#, "too large");
    check(r#""a""#, "no list of texts");
    check("[1]", "no list of texts");
    check(&format!(r#"["{}"]"#, "a".repeat(2000)), "too long");
    check(&serde_json::to_string(&vec!["/^x$/"; 51]).unwrap(), "only 50");
    check(&serde_json::to_string(&vec!["x/"; 2000]).unwrap(), "first 1000");
    assert!(
        check(r#"["/[/", "Archive/"]"#, "unclosed")
            .ignored
            .is_ignored(&path("Archive/a.md"))
    );
}

#[test]
fn new_files_go_where_the_owner_wants_them() {
    let check = |json: &str, attachments: &str, notes: &str| {
        let settings = app(json);
        let note = path("Projects/Metal/Copper.md");
        assert_eq!(
            (&*settings.attachments.folder_for(&note), &*settings.new_notes.folder_for(&note)),
            (attachments, notes),
            "{json}"
        );
    };
    check("{}", "", "");
    check(r#"{"attachmentFolderPath": "/", "newFileLocation": "root"}"#, "", "");
    check(
        r#"{"attachmentFolderPath": "./", "newFileLocation": "current"}"#,
        "Projects/Metal",
        "Projects/Metal",
    );
    check(r#"{"attachmentFolderPath": "./files"}"#, "Projects/Metal/files", "");
    check(
        r#"{"attachmentFolderPath": "Files/All/", "newFileLocation": "folder", "newFileFolderPath": "/Inbox"}"#,
        "Files/All",
        "Inbox",
    );
    check(r#"{"newFileLocation": "folder", "newFileFolderPath": "/"}"#, "", "");
    check(r#"{"newFileFolderPath": "Inbox"}"#, "", "");
    assert_eq!(FolderRule::Subfolder("files".into()).folder_for(&path("a.md")), "files");
}

#[test]
fn links_and_trash_are_as_written() {
    let settings = app(r#"{"newLinkFormat": "relative", "useMarkdownLinks": true, "trashOption": "local"}"#);
    assert_eq!(
        (settings.new_links, settings.use_markdown_links, settings.trash),
        (LinkFormat::Relative, true, TrashOption::Local)
    );
    assert_eq!(
        app(r#"{"newLinkFormat": "absolute", "trashOption": "none"}"#).trash,
        TrashOption::None
    );
}

#[test]
fn daily_notes_are_named_by_the_plugin_that_is_on() {
    const CORE: (&str, &str) = (
        "daily-notes.json",
        r#"{"folder": "Journal/", "format": "YYYY/MM/YYYY-MM-DD ddd", "autorun": false}"#,
    );
    const PERIODIC: &str = "plugins/periodic-notes/data.json";
    let on = (
        PERIODIC,
        r#"{"daily": {"format": "", "folder": "Days", "enabled": true}, "weekly": {"enabled": true}}"#,
    );
    let off = (PERIODIC, r#"{"daily": {"format": "DD", "enabled": false}}"#);
    let check = |files: &[(&str, &str)], expected: &str| {
        assert_eq!(read(files).daily_notes.path(date(2026, 2, 3)), Some(path(expected)), "{files:?}");
    };
    check(&[CORE], "Journal/2026/02/2026-02-03 Tue.md");
    check(&[CORE, on], "Days/2026-02-03.md");
    check(&[CORE, off], "Journal/2026/02/2026-02-03 Tue.md");
    check(
        &[CORE, on, ("community-plugins.json", r#"["periodic-notes"]"#)],
        "Days/2026-02-03.md",
    );
    check(
        &[CORE, on, ("community-plugins.json", r#"["dataview"]"#)],
        "Journal/2026/02/2026-02-03 Tue.md",
    );
    check(&[("daily-notes.json", r#"{"format": ""}"#)], "2026-02-03.md");
}

#[test]
fn f13_templates_are_told_by_their_folder_or_by_name() {
    let templates = read(&[
        ("templates.json", r#"{"folder": "Meta/Templates", "dateFormat": "YYYY"}"#),
        ("daily-notes.json", r#"{"template": "Plans/Day"}"#),
        ("zk-prefixer.json", r#"{"folder": "Unique", "template": "Plans/Unique.md"}"#),
    ])
    .templates;
    let check = |file: &str, expected| assert_eq!(templates.holds(&path(file)), expected, "{file}");
    check("Meta/Templates/Daily.md", true);
    check("meta/templates/Deep/Daily.md", true);
    check("Meta/Templates.md", false);
    check("Meta/Templates 2/a.md", false);
    check("Plans/Day.md", true);
    check("Plans/Unique.md", true);
    check("Plans/Days.md", false);
    check("Unique/202601.md", false);
    assert!(!read(&[("templates.json", r#"{"folder": "/"}"#)]).templates.holds(&path("a.md")));
}

#[test]
fn property_types_are_found_by_name_in_lower_case() {
    let types = read(&[(
        "types.json",
        r#"{"types": {"Due Date": "date", "tags": "tags", "x": "a-plugin's"}}"#,
    )])
    .property_types;
    assert_eq!(
        types.into_iter().collect::<Vec<_>>(),
        [("due date", "date"), ("tags", "tags"), ("x", "a-plugin's")].map(|(a, b)| (a.into(), b.into()))
    );
}

#[test]
fn what_is_broken_or_unknown_is_reported_and_the_default_holds() {
    let check = |file: &str, json: &str, part: &str| {
        let (settings, problems) = parse(&[(file, json)]);
        assert_eq!(settings.new_links, LinkFormat::Shortest);
        assert!(
            problems.len() == 1 && problems[0].file == file && problems[0].detail.contains(part),
            "{json}: {problems:?}"
        );
    };
    for file in FILES {
        check(file, "{", "not valid JSON");
        check(file, "7", "not read");
        check(file, &"[".repeat(5000), "not valid JSON");
        check(file, &" ".repeat(2 << 20), "1 MiB");
    }
    check("app.json", "[]", "not read");
    check(
        "app.json",
        r#"{"newLinkFormat": "longest"}"#,
        "`longest` and is not used; known are shortest, relative, absolute",
    );
    check("app.json", r#"{"newLinkFormat": 3}"#, "no text");
    check("app.json", r#"{"useMarkdownLinks": "yes"}"#, "neither true nor false");
    check("app.json", r#"{"trashOption": ""}"#, "known are");
    check("daily-notes.json", r#"{"format": "YYYY-MM-DD HHmm"}"#, "`HH` is no token of a date");
    check("daily-notes.json", r#"{"folder": "../Elsewhere"}"#, "make no path");
    check("types.json", r#"{"types": {"a": 1}}"#, "`a` is no text");
    check("plugins/periodic-notes/data.json", r#"{"calendarSets": []}"#, "calendarSets");
}

proptest! {
    #[test]
    fn any_text_is_read(text in "\\PC*", values in prop::collection::vec(prop::sample::select(VALUES), 6)) {
        for file in FILES {
            parse(&[(file, &text)]);
        }
        let json = format!(
            r#"{{"userIgnoreFilters": [{}], "newLinkFormat": {}, "attachmentFolderPath": {}, "newFileFolderPath": {}, "types": {}, "daily": {},
                "format": {}, "folder": {}, "template": {}}}"#,
            values[0], values[1], values[2], values[3], values[4], values[5], values[0], values[1], values[2]
        );
        let files: Vec<_> = FILES.iter().map(|it| (*it, &*json)).collect();
        let (settings, _) = parse(&files);
        settings.ignored.is_ignored(&path("a.md"));
        settings.daily_notes.path(date(2026, 2, 3));
    }
}

const VALUES: &[&str] = &[
    "null",
    "1",
    "[]",
    "{}",
    "\"\"",
    "\"/\"",
    "\"./\"",
    "\"..\"",
    "\"/x/\"",
    "\"[\"",
    "{\"enabled\": true, \"format\": 7}",
    "{\"a\": \"date\"}",
    "\"é/\\u0000\"",
];
