# A script of build/ that is interrupted leaves nothing behind (scripts_bench.t and scripts_tunnels.t have
# the benchmarks); and build/test finds out what was skipped.
use strict;
use warnings;
use Test::More;
use File::Temp ();
use FindBin;
use lib "$FindBin::Bin/lib";
use Interrupt;

my $top = $ENV{UPGRADE_TEST_TOP} or die 'run this through build/test';

sub write_program {
    my ($path, $text) = @_;
    open my $file, '>', $path or die "$path: $!";
    print $file "#!/bin/sh\n$text";
    close $file;
    chmod 0755, $path;
    return;
}

# An apt-get that takes long, on a machine where root finds that nothing is installed.
sub slow_machine {
    my ($folder) = @_;
    mkdir "$folder/bin";
    write_program("$folder/bin/apt-get",
        "case \"\$*\" in *install*) : > '$folder/installing'; exec sleep 600 ;; esac\n");
    write_program("$folder/bin/dpkg-query", "exit 1\n");
    write_program("$folder/bin/id",         "echo 0\n");
    return ("PATH=$folder/bin:$ENV{PATH}", "UPGRADE_POLICY_RC=$folder/left/policy-rc.d");
}

chdir $top or die $!;

# What tests have said; SKIPS; what build/skips makes of it, and whether it agrees.
my @said = (
    ['nothing skipped', "ok 1 - not to skip\nok 2 - a#skip b\n1..2\n", undef, '', 1],
    ['two tests', join('', map { "ok $_ # skip chromium: none\n" } 1, 2), undef, "2\tchromium: none\n", 1],
    ['a whole file',    "1..0 # SKIP chromium: none\n", undef, "1\tchromium: none (whole file)\n", 1],
    ['one of those that may be', "ok 1 # skip chromium: none\n", 'a chromium b', "1\tchromium: none\n", 1],
    ['another one',     "ok 1 # skip chromium: none\n", 'prometheus', "1\tchromium: none\n", 0],
    ['none may be',     "1..0 # SKIP chromium: none\n", '', "1\tchromium: none (whole file)\n", 0],
    ['a reason of its own', "ok 1 # skip no time\n", undef, "1\tno time\n", 0],
    ['in capitals',     "ok 1 # SKIP no time\n", undef, "1\tno time\n", 0],
    ['no reason',       "ok 1 # skip\n", undef, "1\t\n", 0],
);
for my $case (@said) {
    my ($name, $tap, $may, $want, $fine) = @$case;
    my $folder = File::Temp->newdir('/tmp/upgrade-left.XXXXXX');
    mkdir "$folder/t";
    open my $file, '>', "$folder/t/some.t" or die $!;
    print $file $tap;
    close $file;
    local $ENV{SKIPS} = $may;
    delete $ENV{SKIPS} unless defined $may;
    is scalar `build/skips $folder 2>$folder/said`, $want, "skipped, $name";
    is $? == 0, $fine == 1, "skipped, $name: whether it may be";
}

leaves_nothing('setup',        'installing', \&slow_machine);
leaves_nothing('test hello',   'left/upgrade-test.*/t/logs/httpd.pid');
leaves_nothing('demo --serve', 'left/upgrade-demo.*/httpd.pid');

done_testing;
