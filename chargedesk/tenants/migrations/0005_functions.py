from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("tenants", "0004_failure_told_at")]

    operations = [
        migrations.AddField(
            model_name="connection",
            name="functions",
            field=models.JSONField(default=dict),
        ),
        migrations.AddField(
            model_name="connection",
            name="function_secret",
            field=models.BinaryField(null=True),
        ),
    ]
