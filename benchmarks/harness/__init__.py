"""What all measurements share: servers, clients, rounds, results, pages."""
