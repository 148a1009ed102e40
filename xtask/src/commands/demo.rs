#[derive(clap::Args)]
pub struct Options {}
pub fn command(_: &Options) -> anyhow::Result<()> {
    anyhow::bail!("not there yet")
}
