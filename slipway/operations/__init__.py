"""Every operation whole on one screen: which phases it has, and which steps each phase has."""
