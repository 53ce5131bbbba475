"""`dr.yaml`: what is protected, by whom, under which policy. Not what AWS says exists (see observation)."""
