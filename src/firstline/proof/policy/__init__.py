"""What policies.yaml says about replies: its phrases, its conditions, its rules, its deadlines."""
