"""The admin API for operators, who cannot read ideas."""
