"""What claims are about, who mentions what, and how much it matters."""
