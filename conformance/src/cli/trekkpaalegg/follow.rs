//! Follows the changes of one or several organisations to one watermark.

use futures::{StreamExt as _, pin_mut};
use skatteetaten_client::{Client, trekkpaalegg::Watermark};

use super::{
    super::{Exit, Failure},
    failure,
    output::Output,
};

/// After so many rounds that each moved a watermark, the printed one falls back to the lowest.
const ROUNDS: usize = 20;

/// Prints everything after `from`.
///
/// With several organisations, each is followed on its own, and then all are asked again until
/// a round moves no watermark. Sequence numbers are global and only grow, so after such a round
/// no organisation has anything at or below the highest one seen, and that one number is safe
/// for all of them.
pub(super) async fn changes(
    clients: &[Client],
    from: Watermark,
    page_size: u32,
    mut output: Output<'_>,
) -> Result<Exit, Failure> {
    let mut watermarks = vec![from; clients.len()];
    let rounds = if clients.len() > 1 { ROUNDS } else { 1 };
    let mut quiet = clients.len() <= 1;
    for _ in 0..rounds {
        let before = watermarks.clone();
        for (client, watermark) in clients.iter().zip(&mut watermarks) {
            if let Err(failure) = follow(client, watermark, page_size, &mut output).await {
                // Only the number that all of them have reached is safe for the rest.
                if clients.len() > 1 {
                    output.correct_watermark(watermarks.iter().min().copied().unwrap_or(from));
                }
                return output.fail(failure);
            }
        }
        if watermarks == before {
            quiet = true;
            break;
        }
    }
    let watermark = if quiet {
        watermarks.iter().max()
    } else {
        watermarks.iter().min()
    };
    output.set_watermark(watermark.copied().unwrap_or(from));
    output.finish()
}

/// Follows one organisation, and moves its watermark with every page printed.
async fn follow(
    client: &Client,
    watermark: &mut Watermark,
    page_size: u32,
    output: &mut Output<'_>,
) -> Result<(), Failure> {
    let service = client.trekkpaalegg().page_size(page_size).map_err(Failure::usage)?;
    let changes = service.changes(*watermark);
    pin_mut!(changes);
    while let Some(page) = changes.next().await {
        let page = page.map_err(failure)?;
        output.page(&page)?;
        *watermark = page.watermark;
    }
    Ok(())
}
