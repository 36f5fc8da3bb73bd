"""The suite: mirrors the parts, plus contracts, flows, browser and architecture."""
