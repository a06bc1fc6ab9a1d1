"""SQL on the queue, besides that of pgqueuer."""
