//! A deterministic vault in the manner of a person's: properties, headings, links with hubs, tags, tasks, block ids, a share of CJK, one
//! identifier a note. The same number of notes gives the same bytes.

use std::{fmt::Write, fs, path::Path};

const COMMON: &str = "the a of to and in is for that with on as it by this from be or are at an not when you can use";
const WORDS: &str = "database cluster parameter plugin module script certificate snapshot latency scheduler replication backup configuration \
    workspace daily template property command pipeline variable function object transaction storage region table index query optimizer memory \
    network security policy remote session markdown canvas graph sync publish theme hotkey heading callout embed attachment folder link tag alias \
    file note page search filter sort list task deploy container kernel archive restore encrypt password error handling retry timeout upgrade \
    migration monitor alert metric dashboard server client package install version release history license community support team export import";
const TAGS: [&str; 8] = [
    "project",
    "project/alpha",
    "area/health",
    "meeting/weekly",
    "idea",
    "reading/paper",
    "decision",
    "学习",
];
const PHRASES: [&str; 4] = [
    "quarterly lattice budget review",
    "heron migration runbook",
    "copper ledger reconciliation",
    "weekly memory digest",
];
const CJK: [&str; 3] = ["星图记忆桥接服务", "全文検索の索引を更新する", "메모리 브리지 색인 갱신"];

/// Queries of every class that the vault answers.
pub(crate) const QUERIES: [&str; 16] = [
    "database",
    "certificate",
    "snapshot",
    "migration",
    "database backup restore",
    "remote session security policy",
    "how to configure a plugin",
    "query optimizer index",
    "certificate error handling",
    "\"quarterly lattice budget review\"",
    "\"copper ledger reconciliation\"",
    "MB-000042",
    "星图记忆桥接服务",
    "全文検索の索引",
    "certifcate",
    "databse backup",
];

/// Writes the vault into an empty folder and returns how many bytes it has.
pub(crate) fn write(folder: &Path, notes: usize) -> u64 {
    let words: Vec<&str> = COMMON.split_whitespace().chain(WORDS.split_whitespace()).collect();
    let mut total = 0;
    for number in 0..notes {
        let text = note(number, notes, &words);
        let area = folder.join(format!("Area {:02}/Part {:03}", number % 12, number / 12 / 80));
        fs::create_dir_all(&area).expect("create a folder of the vault");
        fs::write(area.join(format!("{}.md", title(number))), &text).expect("write a note");
        total += text.len() as u64;
    }
    total
}

fn title(number: usize) -> String {
    format!("Note {number:06}")
}

fn note(number: usize, notes: usize, words: &[&str]) -> String {
    let mut random = Random(number as u64 * 0x9e37_79b9 + 7);
    let mut text = format!(
        "---\nid: MB-{number:06}\ntags: [{}]\nstatus: {}\n---\n# {}\n\n",
        TAGS[random.below(TAGS.len())],
        ["draft", "active", "done"][random.below(3)],
        title(number)
    );
    let size = 600 + random.below(1200) + random.below(1200) + random.below(2400);
    while text.len() < size {
        match random.below(12) {
            0 | 1 => writeln!(text, "\n## {}\n", sentence(&mut random, words, 4)),
            2 | 3 => writeln!(
                text,
                "- {}\n- [ ] {}",
                sentence(&mut random, words, 7),
                sentence(&mut random, words, 5)
            ),
            // Squaring the draw makes hubs.
            4 => writeln!(
                text,
                "See [[{}|that]] and #{}.\n",
                title(notes * random.below(1000).pow(2) / 1_000_000),
                TAGS[random.below(TAGS.len())]
            ),
            5 => writeln!(text, "```sh\n{}\n```\n", sentence(&mut random, words, 4)),
            _ if number % 7 == 3 => writeln!(text, "{}。\n", han(&mut random)),
            _ => writeln!(
                text,
                "{}. {}. ^b{number:06}\n",
                sentence(&mut random, words, 12),
                sentence(&mut random, words, 9)
            ),
        }
        .expect("a string takes all");
    }
    if number % 25 == 3 {
        writeln!(
            text,
            "On the {}. {}",
            PHRASES[number / 25 % PHRASES.len()],
            CJK[number / 25 % CJK.len()]
        )
        .expect("a string takes all");
    }
    text
}

/// Words by Zipf's law, rare ones made up.
fn sentence(random: &mut Random, words: &[&str], length: usize) -> String {
    let mut text = String::new();
    for _ in 0..length {
        let rank = (30_000_f64.powf(random.unit()) - 1.0) as usize;
        let separator = if text.is_empty() { "" } else { " " };
        match words.get(rank) {
            Some(word) => write!(text, "{separator}{word}"),
            None => write!(text, "{separator}{}", made_up(rank)),
        }
        .expect("a string takes all");
    }
    text
}

fn made_up(rank: usize) -> String {
    const SYLLABLES: [&str; 16] = [
        "ba", "ce", "di", "fo", "gu", "kla", "le", "mi", "no", "pu", "ra", "ste", "ti", "vo", "zu", "bre",
    ];
    let mut word = String::new();
    let mut rest = rank;
    while rest > 0 {
        word.push_str(SYLLABLES[rest % SYLLABLES.len()]);
        rest /= SYLLABLES.len();
    }
    word
}

fn han(random: &mut Random) -> String {
    (0..40 + random.below(60))
        .map(|_| char::from_u32(0x4e00 + random.below(2000) as u32).expect("in the range of Han"))
        .collect()
}

/// A small generator of its own, so that no library's next version changes the vault (splitmix64).
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut it = self.0;
        it = (it ^ (it >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        it = (it ^ (it >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        it ^ (it >> 31)
    }

    fn below(&mut self, bound: usize) -> usize {
        (self.next() % bound as u64) as usize
    }

    fn unit(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1_u64 << 53) as f64
    }
}
