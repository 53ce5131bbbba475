"""What takes work and must do so in one region only: event sources, rules, schedules, pollers. It serves no users."""
