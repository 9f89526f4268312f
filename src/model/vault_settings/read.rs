//! From Obsidian's JSON to settings. Knows which key stands in which file; whatever is not as expected is reported and skipped.

use serde_json::{Map, Value};

use crate::model::{
    moment,
    vault_settings::{DailyNotes, FILES, FolderRule, IgnoreFilters, LinkFormat, SettingsProblem, Templates, TrashOption, VaultSettings},
};

/// Far more than any real file; a parsed value takes tens of times its text.
const MAX_BYTES: usize = 1 << 20;

pub(super) fn read(files: &[(&str, &str)]) -> (VaultSettings, Vec<SettingsProblem>) {
    let mut problems = Vec::new();
    let [app, daily, templates, unique, types, plugins, periodic] = FILES.map(|name| File::open(name, files, &mut problems));
    let mut settings = VaultSettings::default();
    read_app(&app, &mut settings, &mut problems);
    settings.daily_notes = daily_notes(&daily, &periodic, &plugins, &mut problems);
    settings.templates = Templates {
        folder: templates.folder("folder", &mut problems),
        files: [&daily, &unique]
            .into_iter()
            .filter_map(|it| it.folder("template", &mut problems))
            .collect(),
    };
    read_types(&types, &mut settings, &mut problems);
    problems.sort_by_key(|it| FILES.iter().position(|name| *name == it.file));
    (settings, problems)
}

fn read_app(app: &File, settings: &mut VaultSettings, problems: &mut Vec<SettingsProblem>) {
    let filters = app.texts("userIgnoreFilters", problems);
    let (ignored, faults) = IgnoreFilters::new(&filters);
    settings.ignored = ignored;
    problems.extend(faults.into_iter().map(|it| app.problem(format!("`userIgnoreFilters`: {it}"))));

    let formats = [
        ("shortest", LinkFormat::Shortest),
        ("relative", LinkFormat::Relative),
        ("absolute", LinkFormat::Absolute),
    ];
    settings.new_links = app.choice("newLinkFormat", &formats, problems);
    let trash = [
        ("system", TrashOption::System),
        ("local", TrashOption::Local),
        ("none", TrashOption::None),
    ];
    settings.trash = app.choice("trashOption", &trash, problems);
    settings.use_markdown_links = app.flag("useMarkdownLinks", problems);

    settings.attachments = match app.text("attachmentFolderPath", problems).as_deref().map(str::trim) {
        None | Some("" | "/") => FolderRule::Root,
        Some("." | "./") => FolderRule::SameFolder,
        Some(path) => match path.strip_prefix("./") {
            Some(name) => FolderRule::Subfolder(name.trim_matches('/').to_owned()),
            None => FolderRule::Folder(path.trim_matches('/').to_owned()),
        },
    };
    let in_folder = app
        .folder("newFileFolderPath", problems)
        .map_or(FolderRule::Root, FolderRule::Folder);
    let places = [
        ("root", FolderRule::Root),
        ("current", FolderRule::SameFolder),
        ("folder", in_folder),
    ];
    settings.new_notes = app.choice("newFileLocation", &places, problems);
}

/// The Periodic Notes plugin takes the core plugin's place where it is on and its daily notes are.
fn daily_notes(core: &File, periodic: &File, plugins: &File, problems: &mut Vec<SettingsProblem>) -> DailyNotes {
    let is_on = match &plugins.value {
        Some(Value::Array(names)) => names.iter().any(|it| it == "periodic-notes"),
        _ => true,
    };
    let daily = periodic.member("daily");
    let by_plugin = daily.as_ref().filter(|it| is_on && it.flag("enabled", problems));
    if is_on && periodic.object().is_some_and(|it| it.contains_key("calendarSets")) {
        problems.push(periodic.problem("`calendarSets` are not read: daily notes are named by the core plugin".to_owned()));
    }
    let file = by_plugin.unwrap_or(core);
    let mut found = DailyNotes {
        folder: file.folder("folder", problems).unwrap_or_default(),
        ..DailyNotes::default()
    };
    if let Some(format) = file.text("format", problems).filter(|it| !it.trim().is_empty()) {
        found.format = format.trim().trim_matches('/').to_owned();
    }
    let any_day = jiff::civil::date(2026, 12, 31);
    if let Err(error) = moment::format(any_day, &found.format) {
        problems.push(file.problem(format!("`format`: {error}")));
    } else if found.path(any_day).is_none() {
        problems.push(file.problem(format!(
            "`folder` and `format` make no path of a note: `{}`, `{}`",
            found.folder, found.format
        )));
    }
    found
}

fn read_types(types: &File, settings: &mut VaultSettings, problems: &mut Vec<SettingsProblem>) {
    let Some(types) = types.member("types") else { return };
    for (name, kind) in types.object().into_iter().flatten() {
        match kind {
            Value::String(kind) => {
                settings.property_types.insert(name.to_lowercase(), kind.clone());
            }
            _ => problems.push(types.problem(format!("the type of `{name}` is no text"))),
        }
    }
}

/// One file, or an object in it. A file that is missing or broken has no keys; a key that is `null` counts as not set, as in Obsidian.
struct File {
    name: &'static str,
    value: Option<Value>,
}

impl File {
    fn open(name: &'static str, files: &[(&str, &str)], problems: &mut Vec<SettingsProblem>) -> File {
        let mut file = File { name, value: None };
        let Some((_, text)) = files.iter().find(|(its, _)| *its == name) else {
            return file;
        };
        let text = text.trim_start_matches('\u{feff}');
        if text.len() > MAX_BYTES {
            problems.push(file.problem("the file is larger than 1 MiB and not read".to_owned()));
        } else if !text.trim().is_empty() {
            match serde_json::from_str(text) {
                Ok(value @ Value::Object(_)) if name != "community-plugins.json" => file.value = Some(value),
                Ok(value @ Value::Array(_)) if name == "community-plugins.json" => file.value = Some(value),
                Ok(_) => problems.push(file.problem("the file does not hold what Obsidian writes there, and is not read".to_owned())),
                Err(error) => problems.push(file.problem(format!("the file is not valid JSON: {error}"))),
            }
        }
        file
    }

    fn object(&self) -> Option<&Map<String, Value>> {
        self.value.as_ref()?.as_object()
    }

    fn get(&self, key: &str) -> Option<&Value> {
        self.object()?.get(key).filter(|it| !it.is_null())
    }

    fn member(&self, key: &str) -> Option<File> {
        self.get(key).map(|it| File {
            name: self.name,
            value: Some(it.clone()),
        })
    }

    fn text(&self, key: &str, problems: &mut Vec<SettingsProblem>) -> Option<String> {
        let value = self.get(key)?;
        if !value.is_string() {
            problems.push(self.problem(format!("`{key}` is no text and is not used")));
        }
        value.as_str().map(str::to_owned)
    }

    fn flag(&self, key: &str, problems: &mut Vec<SettingsProblem>) -> bool {
        let Some(value) = self.get(key) else { return false };
        value.as_bool().unwrap_or_else(|| {
            problems.push(self.problem(format!("`{key}` is neither true nor false and is not used")));
            false
        })
    }

    /// Returns a path without slashes at its ends; `None` for the root.
    fn folder(&self, key: &str, problems: &mut Vec<SettingsProblem>) -> Option<String> {
        let text = self.text(key, problems)?;
        let folder = text.trim().trim_start_matches("./").trim_matches('/');
        (!folder.is_empty()).then(|| folder.to_owned())
    }

    fn texts(&self, key: &str, problems: &mut Vec<SettingsProblem>) -> Vec<String> {
        let Some(value) = self.get(key) else { return Vec::new() };
        let items = value
            .as_array()
            .map(|it| it.iter().map(|it| it.as_str().map(str::to_owned)).collect::<Option<_>>());
        items.flatten().unwrap_or_else(|| {
            problems.push(self.problem(format!("`{key}` is no list of texts and is not used")));
            Vec::new()
        })
    }

    fn choice<T: Clone + Default>(&self, key: &str, choices: &[(&str, T)], problems: &mut Vec<SettingsProblem>) -> T {
        let Some(text) = self.text(key, problems) else {
            return T::default();
        };
        let chosen = choices.iter().find(|(name, _)| *name == text).map(|(_, it)| it.clone());
        chosen.unwrap_or_else(|| {
            let valid: Vec<&str> = choices.iter().map(|(name, _)| *name).collect();
            problems.push(self.problem(format!("`{key}` is `{text}` and is not used; known are {}", valid.join(", "))));
            T::default()
        })
    }

    fn problem(&self, detail: String) -> SettingsProblem {
        SettingsProblem { file: self.name, detail }
    }
}
