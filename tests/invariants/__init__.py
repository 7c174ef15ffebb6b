"""What holds for a session whatever happens to it, and two ways of trying everything: machines and long runs."""
