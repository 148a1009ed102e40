pub fn command() -> anyhow::Result<()> {
    anyhow::bail!("not there yet")
}
