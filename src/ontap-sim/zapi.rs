//! The two calls of the old XML interface that clients of its REST successor still make when they start.
//!
//! Source: recorded traffic; any other call is answered as an unknown API (errno 13005), as ONTAP answers it.

use crate::Release;

pub const PATH: &str = "/servlets/netapp.servlets.admin.XMLrequest_filer";

/// The reply to one XML request.
pub fn answer(body: &[u8], release: Release) -> String {
    let text = String::from_utf8_lossy(body);
    let name = api(&text).unwrap_or_default();
    let results = match name {
        "system-get-ontapi-version" => {
            // The XML interface counts on from the release: 9.12.1 is 1.220, 9.14.1 is 1.240.
            let minor = 100 + u32::from(release.major) * 10;
            format!(
                "<results status=\"passed\"><major-version>1</major-version><minor-version>{minor}</minor-version></results>"
            )
        }
        "system-get-version" => format!(
            "<results status=\"passed\"><version>{}</version><is-clustered>true</is-clustered><version-tuple>\
             <system-version-tuple><generation>{}</generation><major>{}</major><minor>{}</minor></system-version-tuple>\
             </version-tuple></results>",
            release.full(),
            release.generation,
            release.major,
            release.minor
        ),
        name => format!("<results status=\"failed\" errno=\"13005\" reason=\"Unable to find API: {name}\"/>"),
    };
    format!(
        "<?xml version='1.0' encoding='UTF-8' ?>\n<netapp version='1.{}' xmlns='http://www.netapp.com/filer/admin'>{results}</netapp>",
        100 + u32::from(release.major) * 10
    )
}

/// The name of the first element inside `<netapp …>`.
fn api(text: &str) -> Option<&str> {
    let after = text.split_once("<netapp")?.1.split_once('>')?.1;
    let name = after.split_once('<')?.1;
    let end = name.find(|letter: char| !(letter.is_ascii_alphanumeric() || letter == '-'))?;
    Some(&name[..end])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_version_is_told_and_anything_else_is_unknown() {
        let ask = |name: &str| {
            answer(
                format!("<?xml version='1.0'?>\n<netapp xmlns=\"x\" version=\"1.0\"><{name}/></netapp>").as_bytes(),
                Release::V9_14_1,
            )
        };
        assert!(ask("system-get-version").contains("<generation>9</generation><major>14</major><minor>1</minor>"));
        assert!(ask("system-get-ontapi-version").contains("<minor-version>240</minor-version>"));
        assert!(ask("volume-create").contains("errno=\"13005\""));
        assert!(answer(b"\xff<netapp", Release::V9_14_1).contains("errno=\"13005\""));
    }
}
