//! The documents that come of a submission, in every media type the API serves.

use bytes::Bytes;
use serde_json::json;

/// The feedback as JSON: what was decided about one dispatch.
pub(super) fn feedback(dispatch_id: &str, accepted: bool, reports: usize) -> Bytes {
    let status = if accepted { "godkjent" } else { "avvist" };
    let value = json!({
        "forsendelseId": dispatch_id,
        "status": status,
        "antallOppgaver": reports,
        "merknader": [],
    });
    Bytes::from(value.to_string())
}

/// An example document of a media type; JSON for any that the API does not serve.
pub(crate) fn example(media_type: &str) -> Bytes {
    match media_type {
        "application/xml" => Bytes::from_static(
            b"<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<kvittering><status>mottatt</status></kvittering>\n",
        ),
        "text/csv" => Bytes::from_static(b"status;antall\r\nmottatt;1\r\n"),
        "application/pdf" => Bytes::from(pdf("Kvittering: mottatt")),
        _ => Bytes::from_static(b"{\"status\":\"mottatt\"}"),
    }
}

/// A valid one-page PDF with one line of plain ASCII text.
fn pdf(text: &str) -> Vec<u8> {
    let content = format!("BT /F1 14 Tf 72 770 Td ({text}) Tj ET");
    let objects = [
        "<< /Type /Catalog /Pages 2 0 R >>".to_owned(),
        "<< /Type /Pages /Kids [3 0 R] /Count 1 >>".to_owned(),
        "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R \
         /Resources << /Font << /F1 5 0 R >> >> >>"
            .to_owned(),
        format!("<< /Length {} >>\nstream\n{content}\nendstream", content.len()),
        "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>".to_owned(),
    ];
    let mut file = String::from("%PDF-1.4\n");
    let mut offsets = Vec::new();
    for (index, object) in objects.iter().enumerate() {
        offsets.push(file.len());
        file.push_str(&format!("{} 0 obj\n{object}\nendobj\n", index + 1));
    }
    let table = file.len();
    file.push_str(&format!("xref\n0 {}\n0000000000 65535 f \n", objects.len() + 1));
    for offset in offsets {
        file.push_str(&format!("{offset:010} 00000 n \n"));
    }
    file.push_str(&format!(
        "trailer\n<< /Size {} /Root 1 0 R >>\nstartxref\n{table}\n%%EOF\n",
        objects.len() + 1
    ));
    file.into_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cross_reference_table_points_at_the_objects() {
        let file = pdf("x");
        let text = String::from_utf8(file.clone()).unwrap();
        let table: usize = text
            .split("startxref\n")
            .nth(1)
            .unwrap()
            .lines()
            .next()
            .unwrap()
            .parse()
            .unwrap();
        assert!(text[table..].starts_with("xref"));
        for (index, line) in text[table..].lines().skip(3).take(5).enumerate() {
            let offset: usize = line[..10].parse().unwrap();
            assert!(text[offset..].starts_with(&format!("{} 0 obj", index + 1)));
        }
    }
}
