"""What readers do with a mail: labelled, stored and counted; and how they leave."""
