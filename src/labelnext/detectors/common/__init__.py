"""What adapters share: checked arguments, images and labels; weights files; devices."""
