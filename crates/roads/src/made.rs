//! Writes small PBF files for tests (OpenStreetMap Wiki, "PBF Format"): one block, not packed.

/// A node with its place in degrees.
pub struct MadeNode {
    pub id: i64,
    pub lat: f64,
    pub lon: f64,
}

/// A way along nodes.
pub struct MadeWay {
    pub refs: Vec<i64>,
    pub tags: Vec<(&'static str, &'static str)>,
}

/// A file of these.
pub fn pbf(nodes: &[MadeNode], ways: &[MadeWay]) -> Vec<u8> {
    let mut strings: Vec<&str> = vec![""];
    let mut string = |text: &'static str| {
        strings.iter().position(|known| *known == text).unwrap_or_else(|| {
            strings.push(text);
            strings.len() - 1
        }) as u64
    };
    let mut group = Vec::new();
    for node in nodes {
        // In units of 100 nanodegrees.
        let e7 = |degrees: f64| zigzag((degrees * 1e7).round() as i64);
        let message = [number(1, zigzag(node.id)), number(8, e7(node.lat)), number(9, e7(node.lon))].concat();
        group.extend(bytes(1, &message));
    }
    for (id, way) in (1..).zip(ways) {
        let mut packed = |of: fn(&(&'static str, &'static str)) -> &'static str| -> Vec<u8> {
            way.tags.iter().flat_map(|tag| varint(string(of(tag)))).collect()
        };
        let (keys, values) = (packed(|tag| tag.0), packed(|tag| tag.1));
        let mut before = 0;
        let refs = way.refs.iter().flat_map(|&id| varint(zigzag(id - std::mem::replace(&mut before, id))));
        let refs: Vec<u8> = refs.collect();
        group.extend(bytes(3, &[number(1, id), bytes(2, &keys), bytes(3, &values), bytes(8, &refs)].concat()));
    }
    let table: Vec<u8> = strings.iter().flat_map(|text| bytes(1, text.as_bytes())).collect();
    let block = [bytes(1, &table), bytes(2, &group)].concat();
    let head = bytes(4, b"OsmSchema-V0.6");
    [blob("OSMHeader", &head), blob("OSMData", &block)].concat()
}

fn blob(kind: &str, content: &[u8]) -> Vec<u8> {
    let blob = bytes(1, content);
    let header = [bytes(1, kind.as_bytes()), number(3, blob.len() as u64)].concat();
    [&(header.len() as u32).to_be_bytes()[..], &header, &blob].concat()
}

fn number(field: u64, value: u64) -> Vec<u8> {
    [varint(field << 3), varint(value)].concat()
}

fn bytes(field: u64, content: &[u8]) -> Vec<u8> {
    [varint(field << 3 | 2), varint(content.len() as u64), content.to_vec()].concat()
}

fn zigzag(value: i64) -> u64 {
    ((value << 1) ^ (value >> 63)) as u64
}

fn varint(mut value: u64) -> Vec<u8> {
    let mut bytes = Vec::new();
    while value >= 0x80 {
        bytes.push(value as u8 | 0x80);
        value >>= 7;
    }
    bytes.push(value as u8);
    bytes
}
