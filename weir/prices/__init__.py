"""`weir price`: publishes price documents, reprices booked calls and settles held ones."""
