"""What is said to whom and when: campaign folders, one-off calls, waves."""
