"""What people subscribe to by themselves: sign-ups, their confirmation, preferences."""
