# raises KeyboardInterrupt at import
raise KeyboardInterrupt
